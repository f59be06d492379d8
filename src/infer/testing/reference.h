// For tests only: what every layer computes, written down as its definition says, in double
// precision and without any cleverness. The executor is compared with this.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor.h"
#include "graph/graph.h"

namespace engraft::infer::reference {

struct Values {
  base::Shape shape;
  std::vector<double> numbers;

  explicit Values(base::Shape of)
      : shape(std::move(of)), numbers(static_cast<std::size_t>(base::element_count(shape))) {}

  double& at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
    return numbers[static_cast<std::size_t>(((n * shape[1] + c) * shape[2] + y) * shape[3] + x)];
  }
  double at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return const_cast<Values&>(*this).at(n, c, y, x);
  }
  bool contains(std::int64_t y, std::int64_t x) const {
    return y >= 0 && y < shape[2] && x >= 0 && x < shape[3];
  }
};

// Every node's value for these pictures (N × C × H × W).
std::vector<Values> evaluate(const graph::Graph& graph, const base::StateDict& state,
                             const base::Tensor& pictures);

}  // namespace engraft::infer::reference
