#include "infer/batch_rule.h"

namespace engraft::infer {
namespace {

// A core's share of the caches, as it is on most servers of today.
constexpr double kCacheBytes = 6e6;

// A smaller batch shares less of what is done once a batch, and has to gain for it.
constexpr double kWorthwhile = 0.97;

double bytes_a_number(Precision precision) {
  if (precision == Precision::kInt8) return 1;
  return precision == Precision::kBFloat16 ? 2 : 4;
}

double numbers(const base::Shape& shape) { return static_cast<double>(base::element_count(shape)); }

}  // namespace

std::int64_t batch_for(const graph::Graph& graph, const Program& program,
                       const std::vector<base::Shape>& shapes, const ComputePlan& plan,
                       std::int64_t most) {
  constexpr double kFilteredWeights = 36.0 / 9;
  const double bytes = bytes_a_number(plan.precision);
  const auto beyond_caches = [&](std::int64_t batch) {
    double sum = 0;
    for (const Operation& operation : program.operations) {
      const bool filtered = plan.filtered.contains(graph.nodes[operation.node].name);
      const double weights = operation.weight.empty() ? 0 : numbers(operation.weight.shape());
      sum += bytes * weights * (filtered ? kFilteredWeights : 1) / static_cast<double>(batch);
      double values = numbers(shapes[operation.result]);
      for (const graph::NodeId input : operation.inputs) values += numbers(shapes[input]);
      const double moved = bytes * values;
      if (moved * static_cast<double>(batch) > kCacheBytes) sum += moved;
    }
    return sum;
  };
  std::int64_t best = most;
  for (std::int64_t batch = most / 2; batch >= 1; batch /= 2) {
    if (beyond_caches(batch) < kWorthwhile * beyond_caches(best)) best = batch;
  }
  return best;
}

}  // namespace engraft::infer
