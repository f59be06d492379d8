#include "graph/select.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "engraft/error.h"

namespace engraft::graph {
namespace {

// Whether `text` fits `pattern`, in which * stands for any characters, dots included.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

[[noreturn]] void refuse(const Graph& graph, const std::vector<NamedParameter>& parameters,
                         const std::string& pattern) {
  std::vector<std::string> names;
  for (const NamedParameter& parameter : parameters) {
    if (parameter.kind == ParameterKind::kParameter) names.push_back(parameter.name);
  }
  const std::vector<std::string> near = base::nearest(pattern, names);
  throw Error(
      fmt::format("--train {}: {} has no parameter of that name{}{} (engraft show {} lists "
                  "its layers)",
                  pattern, graph.architecture, near.empty() ? "" : "; the nearest are ",
                  fmt::join(near, ", "), graph.architecture));
}

}  // namespace

std::set<std::string> select_parameters(const Graph& graph, std::span<const std::string> patterns) {
  const std::vector<NamedParameter> parameters = named_parameters(graph);
  const std::string head = graph.nodes[head_of(graph)].module + ".*";
  std::set<std::string> selected;
  for (const std::string& pattern : patterns) {
    const std::string_view glob = pattern == "head"  ? std::string_view(head)
                                  : pattern == "all" ? std::string_view("*")
                                                     : std::string_view(pattern);
    bool any = false;
    for (const NamedParameter& parameter : parameters) {
      if (parameter.kind == ParameterKind::kParameter && fits(glob, parameter.name)) {
        selected.insert(parameter.name);
        any = true;
      }
    }
    if (!any) refuse(graph, parameters, pattern);
  }
  return selected;
}

std::vector<bool> varying_nodes(const Graph& graph, const std::set<std::string>& trainable,
                                Mode mode) {
  const std::vector<bool> used = nodes_in_use(graph);
  std::vector<bool> varying(graph.nodes.size(), false);
  for (const NamedParameter& parameter : named_parameters(graph)) {
    if (trainable.contains(parameter.name)) varying[parameter.node] = true;
  }
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    if (!used[id]) {
      varying[id] = false;
      continue;
    }
    if (const auto* dropout = std::get_if<Dropout>(&node.layer)) {
      if (mode == Mode::kTrain && dropout->probability > 0) varying[id] = true;
    }
    for (NodeId input : node.inputs) {
      if (varying[input]) varying[id] = true;
    }
  }
  return varying;
}

NodeId find_cut(const Graph& graph, const std::set<std::string>& trainable, Mode mode) {
  const std::vector<bool> varying = varying_nodes(graph, trainable, mode);
  const std::vector<bool> used = nodes_in_use(graph);
  const NodeId first_varying =
      static_cast<NodeId>(std::find(varying.begin(), varying.end(), true) - varying.begin());
  std::vector<NodeId> last_reader(graph.nodes.size());
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    if (!used[id]) continue;
    for (const NodeId input : graph.nodes[id].inputs) last_reader[input] = id;
  }
  // The farthest node that anything up to the candidate feeds: a node is passed by nothing when no
  // earlier node feeds a later one.
  NodeId cut = 0;
  NodeId reach = 0;
  for (NodeId id = 0; id < first_varying; ++id) {
    if (!used[id]) continue;
    if (reach <= id) cut = id;
    reach = std::max(reach, last_reader[id]);
  }
  return cut;
}

}  // namespace engraft::graph
