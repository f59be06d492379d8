// engraft models
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/grouped.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "weights/download.h"
#include "zoo/zoo.h"

namespace engraft {
namespace {

// Whether a file of this name lies in the cache; its content is not read for a mere list.
bool is_cached(const PublishedWeights& weights) {
  return std::filesystem::exists(checkpoint_folder() / weights.file);
}

void list_models(const SharedOptions& options) {
  Console console(options.format());
  nlohmann::json document = nlohmann::json::array();
  if (!console.json())
    console.line(fmt::format("{:<18} {:>7} {:>13} {:>8}  {:<25} {:>6}  {}", "name", "input",
                             "parameters", "G MAdds", "weights", "top-1", "in the cache"));
  for (const Architecture& architecture : architectures()) {
    const Graph graph = architecture.build();
    const Cost cost = cost_of(graph);
    nlohmann::json weights = nlohmann::json::array();
    const std::string front =
        fmt::format("{:<18} {:>7} {:>13} {:>8.2f}", architecture.name,
                    fmt::format("{}×{}", graph.input_size.height, graph.input_size.width),
                    grouped(cost.parameters), static_cast<double>(cost.multiply_adds) * 1e-9);
    if (architecture.weights.empty()) {
      console.line(fmt::format("{}  {:<25} {:>6}  {}", front, "built in", "-", "yes"));
    }
    for (const PublishedWeights& one : architecture.weights) {
      console.line(fmt::format("{}  {:<25} {:>6.2f}  {}", front, one.name, one.top1_percent,
                               is_cached(one) ? "yes" : "no"));
      weights.push_back({{"name", one.name},
                         {"file", one.file},
                         {"url", download_url(one)},
                         {"top1", one.top1_percent},
                         {"licence", one.licence},
                         {"cached", is_cached(one)}});
    }
    document.push_back({{"name", architecture.name},
                        {"input_size", {graph.input_size.height, graph.input_size.width}},
                        {"parameters", cost.parameters},
                        {"multiply_adds", cost.multiply_adds},
                        {"weights", weights}});
  }
  if (console.json()) {
    console.document(document);
  } else {
    console.line(fmt::format("cache: {}", checkpoint_folder().string()));
  }
}

}  // namespace

void add_models(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command =
      program.add_subcommand("models", "the zoo: size, cost, accuracy, weights at hand or not");
  const auto options = std::make_shared<SharedOptions>();
  add_json(*command, *options);
  command->callback([options] { list_models(*options); });
}

}  // namespace engraft
