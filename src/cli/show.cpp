// engraft show MODEL
#include <fmt/format.h>

#include <memory>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "model/model.h"
#include "pretrained/pretrained.h"
#include "run/network.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

struct ShowOptions : VerbOptions {
  std::string model;
  bool names = false;
  bool modules = false;
};

nlohmann::json to_json(const graph::Graph& graph) {
  const graph::Cost cost = graph::cost_of(graph);
  nlohmann::json parameters = nlohmann::json::array();
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    parameters.push_back({{"name", parameter.name},
                          {"shape", parameter.shape},
                          {"buffer", parameter.kind == graph::ParameterKind::kBuffer}});
  }
  return {{"architecture", graph.architecture},
          {"input_size", {graph.input_size.height, graph.input_size.width}},
          {"parameters", cost.parameters},
          {"multiply_adds", cost.multiply_adds},
          {"head", graph.nodes[graph::head_of(graph)].module},
          {"classes", graph::class_count(graph)},
          {"modules", graph::named_modules(graph)},
          {"state_dict", parameters}};
}

void show(const ShowOptions& options) {
  Console console(options.format());
  // A zoo network is shown from its name alone: no weights are needed.
  const bool from_file = run::is_saved_model(options.model) || pretrained::is_onnx(options.model);
  const graph::Graph graph =
      from_file ? run::open_model(options.model, options.settings, console.events()).graph
                : zoo::build_architecture(options.model);
  if (console.json()) return console.document(to_json(graph));
  if (!options.names && !options.modules) {
    std::string text = graph::print_graph(graph);
    text.pop_back();
    return console.line(text);
  }
  if (options.modules) {
    for (const std::string& name : graph::named_modules(graph)) console.line(name);
  }
  if (options.names) {
    for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
      if (parameter.kind == graph::ParameterKind::kParameter) console.line(parameter.name);
    }
  }
}

}  // namespace

void add_show(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command = program.add_subcommand(
      "show", "the module tree of a network, with shapes and parameter counts");
  const auto options = std::make_shared<ShowOptions>();
  command
      ->add_option("MODEL", options->model, "a network of the zoo, a saved model, or an ONNX file")
      ->required();
  command->add_flag(
      "--names", options->names,
      "one parameter name a line (what named_parameters() lists, what --train takes)");
  command->add_flag("--modules", options->modules,
                    "one module name a line (what named_modules() lists)");
  add_json(*command, *options);
  command->callback([options] { show(*options); });
}

}  // namespace engraft::cli
