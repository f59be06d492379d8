#include "graph/select.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

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

// The number of single-character edits between two names.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row.back();
}

std::string nearest_names(const std::vector<NamedParameter>& parameters, std::string_view wanted) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const NamedParameter& parameter : parameters) {
    if (parameter.kind == ParameterKind::kParameter) {
      ranked.emplace_back(edit_distance(parameter.name, wanted), parameter.name);
    }
  }
  const std::size_t shown = std::min<std::size_t>(ranked.size(), 3);
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(shown),
                    ranked.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shown; ++i) names.push_back(ranked[i].second);
  return fmt::format("{}", fmt::join(names, ", "));
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
    if (!any) {
      throw Error(fmt::format(
          "--train {}: {} has no parameter of that name; the nearest are {} (engraft show {} "
          "--names "
          "lists all)",
          pattern, graph.architecture, nearest_names(parameters, pattern), graph.architecture));
    }
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
  // The farthest node that anything up to the candidate feeds: a node is passed by nothing when no
  // earlier node feeds a later one.
  NodeId cut = 0;
  NodeId reach = 0;
  for (NodeId id = 0; id < graph.nodes.size() && id < first_varying; ++id) {
    if (!used[id]) continue;
    if (reach <= id) cut = id;
    for (NodeId later = id + 1; later < graph.nodes.size(); ++later) {
      if (!used[later]) continue;
      const std::vector<NodeId>& inputs = graph.nodes[later].inputs;
      if (std::find(inputs.begin(), inputs.end(), id) != inputs.end())
        reach = std::max(reach, later);
    }
  }
  return cut;
}

}  // namespace engraft::graph
