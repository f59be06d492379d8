#include "infer/compute_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/hash.h"
#include "infer/compute_plan_json.h"
#include "infer/plan_rules.h"
#include "onednn/onednn.h"

namespace engraft::infer {
namespace {

// Whether an activation follows the convolution that filtering cannot take along; its norm and a
// residual sum may stand between them.
bool has_other_activation(const graph::Graph& graph, graph::NodeId conv) {
  graph::NodeId last = conv;
  for (graph::NodeId id = conv + 1; id < graph.nodes.size(); ++id) {
    if (!std::ranges::count(graph.nodes[id].inputs, last)) continue;
    const graph::Layer& layer = graph.nodes[id].layer;
    if (std::holds_alternative<graph::BatchNorm2d>(layer) ||
        std::holds_alternative<graph::Add>(layer)) {
      last = id;
      continue;
    }
    return std::visit(
        []<typename L>(const L&) {
          return graph::ActivationLayer<L> && !base::OneOf<L, graph::ReLU, graph::ReLU6>;
        },
        layer);
  }
  return false;
}

}  // namespace

bool has_native_bfloat16() { return onednn::multiplies_bfloat16(); }

Precision automatic_precision() {
  return has_native_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
}

bool has_native_int8() { return onednn::multiplies_int8(); }

std::string processor_note() {
  if (!onednn::widens_filters()) return {};
  return fmt::format(
      "this machine hides the sizes of its processor's caches, which oneDNN {} divides by: "
      "1 × 1 convolutions take a slower way around that, and none is filtered",
      onednn::version());
}

std::string to_string(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "fp32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return "";
}

ComputePlan exact_plan(Precision precision) {
  return {
      .precision = precision, .instructions = onednn::instructions(), .onednn = onednn::version()};
}

ComputePlan choose_plan(const graph::Graph& graph, const PlanOptions& options) {
  ComputePlan plan = exact_plan(options.precision);
  if (!options.instructions.empty()) plan.instructions = options.instructions;
  const graph::Pair size =
      options.input_size == graph::Pair(0) ? graph.input_size : options.input_size;
  const std::vector<base::Shape> shapes = graph::infer_shapes(graph, 1, size);
  for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
    const graph::Node& node = graph.nodes[id];
    const auto* conv = std::get_if<graph::Conv2d>(&node.layer);
    if (conv == nullptr || has_other_activation(graph, id)) continue;
    const double gain = filtering_gain(*conv, shapes[node.inputs[0]], shapes[id], plan.precision,
                                       plan.instructions);
    if (is_worth_filtering(gain, plan.precision)) plan.filtered.insert(node.name);
  }
  return plan;
}

ComputePlan runnable(const ComputePlan& plan) {
  ComputePlan result = plan;
  const bool too_much = plan.precision == Precision::kBFloat16 && !has_native_bfloat16();
  if (too_much) result.precision = Precision::kFloat32;
  result.instructions = onednn::instructions();
  result.onednn = onednn::version();
  return result;
}

std::string describe(const ComputePlan& plan) {
  std::string text = to_string(plan.precision);
  if (!plan.filtered.empty()) {
    text += fmt::format(", {} convolutions filtered", plan.filtered.size());
  }
  return text;
}

std::string hash_of(const ComputePlan& plan, const graph::Graph& graph) {
  const std::string text = to_json_text(plan, graph);
  return base::sha256_hex(std::as_bytes(std::span(text))).substr(0, 16);
}

}  // namespace engraft::infer
