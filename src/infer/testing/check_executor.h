// For tests only: compares an executor with the reference implementation.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "infer/executor.h"
#include "infer/testing/reference.h"
#include "zoo/testing/seeded_state.h"

namespace engraft::infer {

inline base::Tensor pictures_for(const graph::Graph& graph, std::int64_t batch) {
  const auto& input = std::get<graph::Input>(graph.nodes[0].layer);
  return zoo::seeded_pictures(
      {batch, input.channels, graph.input_size.height, graph.input_size.width});
}

inline std::vector<float> run(const Executor& executor, const base::Tensor& pictures,
                              graph::NodeId output) {
  const std::int64_t batch = pictures.shape()[0];
  std::vector<float> result(
      static_cast<std::size_t>(batch * base::element_count(executor.output_shape(output))),
      std::numeric_limits<float>::quiet_NaN());
  executor.run(pictures.floats(), output, result);
  return result;
}

// Relative to the largest number, as sums of many terms are.
inline void expect_close(std::span<const float> got, std::span<const double> want,
                         double tolerance = 2e-5) {
  ASSERT_EQ(got.size(), want.size());
  double largest = 1e-6;
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(std::isfinite(got[i])) << "element " << i;
    largest = std::max(largest, std::abs(want[i]));
    error = std::max(error, std::abs(got[i] - want[i]));
  }
  EXPECT_LE(error / largest, tolerance);
}

// One executor for all of `outputs` gives the reference's numbers for each, in any order of asking.
inline void expect_outputs(const graph::Graph& graph, const std::vector<graph::NodeId>& outputs,
                           std::int64_t batch = 2, double tolerance = 2e-5) {
  const base::StateDict state = zoo::seeded_state(graph);
  const base::Tensor pictures = pictures_for(graph, batch);
  const std::vector<reference::Values> want = reference::evaluate(graph, state, pictures);
  const Executor executor(graph, state, outputs);
  std::vector<graph::NodeId> order = outputs;
  order.insert(order.end(), outputs.rbegin(), outputs.rend());
  for (const graph::NodeId output : order) {
    SCOPED_TRACE(graph.nodes[output].name);
    expect_close(run(executor, pictures, output), want[output].numbers, tolerance);
  }
}

// The network's result alone (everything fused that can be), then every node's (nothing fused).
inline void expect_correct(const graph::Graph& graph, std::int64_t batch = 2) {
  expect_outputs(graph, {graph.output()}, batch);
  std::vector<graph::NodeId> all;
  for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
    if (id == 0 || !graph.nodes[id].inputs.empty()) all.push_back(id);
  }
  expect_outputs(graph, all, batch);
}

}  // namespace engraft::infer
