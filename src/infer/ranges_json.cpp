#include "infer/ranges_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/foreign_json.h"
#include "engraft/error.h"

namespace engraft::infer {
namespace {

constexpr const char* kWide = "wide";

}  // namespace

std::string to_json_text(const Ranges& ranges, const graph::Graph& graph) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [value, range] : ranges) {
    nlohmann::json& entry = json[graph.nodes[value].name] = {range.low, range.high};
    if (range.wide) entry.push_back(kWide);
  }
  return json.dump();
}

Ranges ranges_from_json_text(const std::string& text, const graph::Graph& graph) {
  try {
    const auto by_name =
        base::parse_json(text).get<std::map<std::string, std::vector<nlohmann::json>>>();
    Ranges ranges;
    for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
      const auto found = by_name.find(graph.nodes[id].name);
      if (found == by_name.end()) continue;
      const std::vector<nlohmann::json>& entry = found->second;
      const bool wide = entry.size() == 3 && entry[2] == kWide;
      if (entry.size() != (wide ? 3 : 2)) throw Error("its ranges for 8 bits are damaged");
      ranges[id] = {entry[0].get<float>(), entry[1].get<float>(), wide};
    }
    return ranges;
  } catch (const nlohmann::json::exception&) {
    throw Error("its ranges for 8 bits are damaged");
  }
}

}  // namespace engraft::infer
