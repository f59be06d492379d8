#include "weights/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::weights {
namespace {

constexpr std::size_t kListed = 8;  // names of each kind in an error; the rest are counted

void list_names(std::string& text, const char* title, const std::vector<std::string>& names) {
  if (names.empty()) return;
  text += fmt::format("\n  {} ({}):", title, names.size());
  for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i) text += " " + names[i];
  if (names.size() > kListed) text += fmt::format(" and {} more", names.size() - kListed);
}

}  // namespace

graph::Graph fitted_to(const graph::Graph& graph, const base::StateDict& parameters) {
  for (const graph::Node& node : graph.nodes) {
    const auto* embed = std::get_if<graph::EmbedPatches>(&node.layer);
    if (embed == nullptr) continue;
    const graph::Node& positions = graph.nodes[node.inputs[2]];
    const auto found =
        parameters.find(graph::full_name(positions, graph::parameters_of(positions.layer)[0]));
    if (found == parameters.end() || found->second.shape().size() != 3) continue;
    const std::int64_t patches = found->second.shape()[1] - 1;
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(patches)));
    const bool own = patches == embed->grid.height * embed->grid.width;
    if (!own && side > 0 && side * side == patches) return graph::with_grid(graph, side);
  }
  return graph;
}

base::StateDict take_parameters(const graph::Graph& graph, const FoundParameters& found,
                                const std::string& source, HeadWeights head,
                                const std::function<void(const std::string&)>& note) {
  const base::StateDict& tensors = found.tensors;
  const graph::NodeId head_node = graph::head_of(graph);
  const std::vector<bool> used = graph::nodes_in_use(graph);
  std::vector<std::string> missing;
  std::vector<std::string> reshaped;
  std::vector<std::string> foreign;
  std::vector<std::string> unknown;
  base::StateDict taken;
  std::set<std::string> declared;
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    declared.insert(parameter.name);
    if (head == HeadWeights::kReplaced && parameter.node == head_node) continue;
    const auto at = tensors.find(parameter.name);
    if (!used[parameter.node] && (at == tensors.end() || at->second.shape() != parameter.shape)) {
      continue;  // an auxiliary head: not every file has it
    }
    if (parameter.dtype !=
        base::DType::kFloat32) {  // counters and indices, which need not be stored
      taken[parameter.name] =
          at != tensors.end() ? at->second : base::Tensor(parameter.dtype, parameter.shape);
    } else if (const auto other = found.foreign.find(parameter.name);
               other != found.foreign.end()) {
      foreign.push_back(
          fmt::format("{} is \"{}\"", parameter.name, base::printable(other->second)));
    } else if (at == tensors.end()) {
      missing.push_back(parameter.name);
    } else if (at->second.shape() != parameter.shape) {
      reshaped.push_back(fmt::format("{} {} instead of {}", parameter.name,
                                     base::to_string(at->second.shape()),
                                     base::to_string(parameter.shape)));
    } else {
      taken[parameter.name] = at->second.as_float32();
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (!declared.contains(name)) unknown.push_back(base::printable(name));
  }
  const bool complete = missing.empty() && reshaped.empty() && foreign.empty();
  if (complete && unknown.empty()) return taken;
  if (complete && head == HeadWeights::kReplaced) {
    std::string text =
        fmt::format("{}: passed over what {} does not have", source, graph.architecture);
    list_names(text, "unknown to the network", unknown);
    if (note) note(text);
    return taken;
  }

  std::string message =
      fmt::format("{}: these are not the weights of {}", source, graph.architecture);
  list_names(message, "missing", missing);
  list_names(message, "of another shape", reshaped);
  list_names(message,
             "refused, for only Python could build it, by running code: this file may be "
             "malicious",
             foreign);
  list_names(message, "unknown to the network", unknown);
  message += fmt::format("\n  engraft show {} --names lists what it needs", graph.architecture);
  throw Error(message);
}

}  // namespace engraft::weights
