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

namespace {

// What is wrong with each parameter that the network needs, or is not known to it.
struct Differences {
  std::vector<std::string> missing;
  std::vector<std::string> reshaped;
  std::vector<std::string> foreign;
  std::vector<std::string> unknown;
};

// Auxiliary heads are not needed: not every file has them.
bool is_needed(const graph::Graph& graph, const graph::NamedParameter& parameter,
               const std::vector<bool>& used, HeadWeights head) {
  return used[parameter.node] && parameter.dtype == base::DType::kFloat32 &&
         !(head == HeadWeights::kReplaced && parameter.node == graph::head_of(graph));
}

Differences compare(const graph::Graph& graph, const FoundParameters& found, HeadWeights head) {
  Differences differences;
  const std::vector<bool> used = graph::nodes_in_use(graph);
  std::set<std::string> declared;
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    declared.insert(parameter.name);
    if (!is_needed(graph, parameter, used, head)) continue;
    const auto at = found.tensors.find(parameter.name);
    const auto other = found.foreign.find(parameter.name);
    if (other != found.foreign.end()) {
      differences.foreign.push_back(
          fmt::format("{} is \"{}\"", parameter.name, base::printable(other->second)));
    } else if (at == found.tensors.end()) {
      differences.missing.push_back(parameter.name);
    } else if (at->second.shape() != parameter.shape) {
      differences.reshaped.push_back(fmt::format("{} {} instead of {}", parameter.name,
                                                 base::to_string(at->second.shape()),
                                                 base::to_string(parameter.shape)));
    }
  }
  for (const auto& [name, tensor] : found.tensors) {
    if (!declared.contains(name)) differences.unknown.push_back(base::printable(name));
  }
  return differences;
}

std::string text_of(const Differences& differences, const graph::Graph& graph,
                    const std::string& source) {
  std::string text = fmt::format("{}: these are not the weights of {}", source, graph.architecture);
  list_names(text, "missing", differences.missing);
  list_names(text, "of another shape", differences.reshaped);
  list_names(text,
             "refused, for only Python could build it, by running code: this file may be malicious",
             differences.foreign);
  list_names(text, "unknown to the network", differences.unknown);
  return text + fmt::format("\n  engraft show {} --names lists what it needs", graph.architecture);
}

bool fits(const Differences& differences, HeadWeights head) {
  return differences.missing.empty() && differences.reshaped.empty() &&
         differences.foreign.empty() &&
         (head == HeadWeights::kReplaced || differences.unknown.empty());
}

}  // namespace

std::string mismatch(const graph::Graph& graph, const FoundParameters& found,
                     const std::string& source, HeadWeights head) {
  const Differences differences = compare(graph, found, head);
  return fits(differences, head) ? "" : text_of(differences, graph, source);
}

base::StateDict take_parameters(const graph::Graph& graph, const FoundParameters& found,
                                const std::string& source, HeadWeights head,
                                const std::function<void(const std::string&)>& note) {
  const Differences differences = compare(graph, found, head);
  if (!fits(differences, head)) throw Error(text_of(differences, graph, source));
  if (note && !differences.unknown.empty()) {
    std::string text =
        fmt::format("{}: passed over what {} does not have", source, graph.architecture);
    list_names(text, "unknown to the network", differences.unknown);
    note(text);
  }
  base::StateDict taken;
  const std::vector<bool> used = graph::nodes_in_use(graph);
  const graph::NodeId head_node = graph::head_of(graph);
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    if (head == HeadWeights::kReplaced && parameter.node == head_node) continue;
    const auto at = found.tensors.find(parameter.name);
    const bool is_there = at != found.tensors.end() && at->second.shape() == parameter.shape;
    if (parameter.dtype != base::DType::kFloat32) {  // counters and indices need not be stored
      if (is_there || used[parameter.node]) {
        taken[parameter.name] =
            is_there ? at->second : base::Tensor(parameter.dtype, parameter.shape);
      }
    } else if (is_there) {
      taken[parameter.name] = at->second.as_float32();
    }
  }
  return taken;
}

}  // namespace engraft::weights
