#include "infer/compute_plan_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/foreign_json.h"
#include "engraft/error.h"
#include "infer/ranges_json.h"

namespace engraft::infer {
namespace {

constexpr int kVersion = 1;

std::optional<Precision> precision_named(const std::string& name) {
  for (const Precision one : {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8}) {
    if (to_string(one) == name) return one;
  }
  return std::nullopt;
}

}  // namespace

std::string to_json_text(const ComputePlan& plan, const graph::Graph& graph) {
  nlohmann::json json{{"version", kVersion},
                      {"precision", to_string(plan.precision)},
                      {"filtered", plan.filtered},
                      {"instructions", plan.instructions},
                      {"onednn", plan.onednn}};
  if (plan.precision == Precision::kInt8) {
    json["ranges"] = nlohmann::json::parse(to_json_text(plan.ranges, graph));
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ComputePlan plan_from_json_text(const std::string& text, const graph::Graph& graph) {
  try {
    const auto json = base::parse_json(text);
    const std::int64_t version = base::whole_number(json.at("version"));
    if (version > kVersion) {
      throw Error(
          fmt::format("its compute plan has version {}, and this Engraft knows up to {}: a "
                      "newer one can read it",
                      version, kVersion));
    }
    const auto precision = precision_named(json.at("precision").get<std::string>());
    if (!precision) throw Error("its compute plan is damaged: it names no known precision");
    ComputePlan plan{.precision = *precision,
                     .filtered = json.at("filtered").get<std::set<std::string>>(),
                     .instructions = json.at("instructions").get<std::string>(),
                     .onednn = json.at("onednn").get<std::string>()};
    if (plan.precision == Precision::kInt8) {
      plan.ranges = ranges_from_json_text(json.at("ranges").dump(), graph);
    }
    return plan;
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("its compute plan is damaged: {}", error.what()));
  }
}

}  // namespace engraft::infer
