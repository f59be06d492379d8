// Runs a network, or the part of it up to some nodes, on the processor through oneDNN. Compiling
// folds batch norms into convolutions, fuses activations and residual sums, reorders weights once,
// and plans memory, so that a run finds a place for every value and computes nothing twice.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/tensor.h"
#include "graph/graph.h"
#include "infer/compute_plan.h"

namespace engraft::infer {

struct ExecutorOptions {
  ComputePlan plan;        // one that this processor can run (runnable())
  graph::Pair input_size;  // height and width of the pictures; {0, 0}: the graph's own
  // Where rearranged weights are kept between processes (kept_weights.h), for those who compute few
  // pictures; empty: nowhere.
  base::Path weights_cache;
  std::string parameters;  // with weights_cache: what says all of what the parameters are

  graph::Pair size_for(const graph::Graph& graph) const {
    return input_size == graph::Pair(0) ? graph.input_size : input_size;
  }
};

class Executor {
 public:
  // `outputs` are the nodes whose values can be asked for; what none of them needs is not compiled.
  // `parameters` may hold more than is needed; it need not outlive the constructor. Dropout is the
  // identity, batch norms use their stored statistics. Throws Error naming a missing or wrongly
  // shaped parameter, or a kBFloat16 that the processor lacks.
  //
  // On one processor and with one plan a picture's numbers are the same bits whichever pictures
  // stand beside it, in batches of any size, on any thread.
  Executor(const graph::Graph& graph, const base::StateDict& parameters,
           std::vector<graph::NodeId> outputs, ExecutorOptions options = {});
  ~Executor();
  Executor(Executor&&) noexcept;
  Executor& operator=(Executor&&) noexcept;

  // Whether anything is computed in 8 bits; false for networks without convolutions behind the
  // first.
  bool computes_in_8_bits() const;

  // The shape of an output for one picture: C × H × W or C, without the batch.
  base::Shape output_shape(graph::NodeId output) const;

  // Computes `output` (one of those given to the constructor) for a batch of N × 3 × H × W
  // pictures; `result` has room for N × the output's elements, in NCHW order. Computes only what
  // this output needs. Each call runs on the calling thread alone; calls from several threads run
  // beside each other and share the weights.
  void run(std::span<const float> pictures, graph::NodeId output, std::span<float> result) const;

  // As run(), and widens `ranges` by what each value on the way turned out to be. For kFloat32.
  void measure_ranges(std::span<const float> pictures, graph::NodeId output,
                      std::span<float> result, Ranges& ranges) const;

  // How many pictures a call should hold for the best throughput on one core, at most kMostAtOnce:
  // as many as share the reading of weights without driving what lies between layers out of the
  // caches. It changes no number.
  std::int64_t best_batch() const;
  static constexpr std::int64_t kMostAtOnce = 8;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace engraft::infer
