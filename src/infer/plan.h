// A program made concrete for one batch size: primitives with their layouts, a reorder wherever two
// disagree, and one stretch of memory in which every intermediate value has its place for just as
// long as it is needed.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "infer/compute_plan.h"
#include "infer/lower.h"
#include "infer/quantization.h"
#include "infer/weight_store.h"
#include "onednn/kernels.h"
#include "onednn/onednn.h"

namespace engraft::infer {

// A place in a workspace's memory.
struct Buffer {
  onednn::Desc layout;
  std::size_t offset = 0;
  std::size_t storage = 0;  // the buffer whose memory this is: itself, or one seen in another shape
  float scale = 1;          // what 8-bit numbers stand for is this many times as much
};

struct Step {
  onednn::Primitive primitive;
  std::vector<std::pair<int, std::size_t>> buffers;   // argument, index of a buffer
  std::vector<std::pair<int, dnnl::memory>> weights;  // argument, constant memory
  onednn::Kernel kernel;                              // in place of the primitive
  std::optional<graph::NodeId> value =
      std::nullopt;  // the node whose value lies in the last buffer now
};

// What run() does for one output: steps in order, then the reorder into the caller's memory.
struct OutputPlan {
  std::vector<std::size_t> steps;
  std::size_t buffer = 0;
  onednn::Primitive reorder;  // to plain float32
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Buffer> buffers;  // 0 is the caller's pictures, outside the workspace
  std::map<graph::NodeId, OutputPlan> outputs;
  std::size_t workspace_bytes = 0;
  std::size_t scratchpad_bytes = 0;
};

Plan make_plan(const graph::Graph& graph, const Program& program,
               const std::vector<graph::NodeId>& outputs, std::int64_t batch, graph::Pair size,
               const ComputePlan& compute, WeightStore& weights, const Quantization& quantization);

}  // namespace engraft::infer
