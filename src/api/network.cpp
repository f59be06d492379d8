#include "engraft/network.h"

#include "api/predict/implementation.h"
#include "run/network.h"
#include "training/settings.h"
#include "zoo/zoo.h"

namespace engraft {

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const zoo::Architecture& one : zoo::architectures()) names.emplace_back(one.name);
  return names;
}

Model open_network(const std::string& name, const NetworkOptions& options, const Events& events) {
  training::Settings settings;
  // A saved model's name is taken, too, and brings weights of its own.
  if (options.weights != settings.weights) set_setting(settings, "weights", options.weights);
  settings.classes = options.classes;
  settings.seed = options.seed;
  const bool saved = run::is_saved_model(name);
  return api::make_model(run::open_model(name, settings, events),
                         saved ? model::model_file(name).string() : std::string());
}

}  // namespace engraft
