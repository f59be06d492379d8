#include "graph/graph_json.h"
#include "onnx/import.h"
#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const onnx::ImportedNetwork network = onnx::import_onnx(bytes, nullptr, "net.onnx");
  for (const graph::NamedParameter& parameter : graph::named_parameters(network.graph)) {
    require(network.parameters.at(parameter.name).shape() == parameter.shape);
  }
  // What was read can be saved.
  graph::graph_from_json(graph::to_json(network.graph));
  graph::print_graph(network.graph);
}
