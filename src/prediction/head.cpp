#include "prediction/head.h"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"
#include "features/features.h"
#include "graph/select.h"

namespace engraft::prediction {
namespace {

// What learnt, as --train said it.
std::vector<std::string> trained_patterns(const model::Model& model) {
  const auto found = model.facts.find("training");
  if (found == model.facts.end()) return {"head"};
  const nlohmann::json training = nlohmann::json::parse(found->second, nullptr, false);
  if (!training.is_object() || !training.contains("train")) return {"head"};
  const nlohmann::json& train = training.at("train");
  if (train.is_string()) return base::split_at_commas(train.get<std::string>());
  std::vector<std::string> patterns;  // 0.1.0 wrote a list
  for (const nlohmann::json& pattern : train) {
    if (pattern.is_string()) patterns.push_back(pattern.get<std::string>());
  }
  return patterns;
}

}  // namespace

Head::Head(const model::Model& model, int workers) : cut_(model.graph.output()) {
  const graph::Pair pictures = features::fixed_output_size(model.val_transforms);
  graph::require_logits(model.graph, pictures);
  try {
    const graph::NodeId cut =
        graph::find_cut(model.graph, graph::select_parameters(model.graph, trained_patterns(model)),
                        graph::Mode::kEval);
    suffix_.emplace(
        model.graph, cut, model.parameters, std::set<std::string>{},
        learn::SuffixOptions{.train_size = pictures, .eval_size = pictures, .workers = workers});
    cut_ = cut;
  } catch (const Error&) {
    // Nothing of it could have learnt here: it is computed whole.
    suffix_.reset();
  }
}

void Head::logits(std::span<const float> features, std::span<float> logits) const {
  if (suffix_) {
    suffix_->evaluate(cut_, features, logits);
  } else {
    std::ranges::copy(features, logits.begin());
  }
}

}  // namespace engraft::prediction
