// Runs a network, or the part of it up to some nodes, on the processor through oneDNN. Compiling
// folds batch norms into convolutions, fuses activations and residual sums, reorders weights once,
// and plans memory, so that a run allocates nothing and computes nothing twice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/tensor.h"
#include "graph/graph.h"

namespace engraft::infer {

enum class Precision {
  kFloat32,
  kBFloat16,  // weights and activations in bfloat16, sums in float32
  kInt8,      // convolutions behind the first: 8-bit weights and activations; the rest in bfloat16
              // where the processor has it, else in float32
};

// Whether this processor multiplies bfloat16 natively, so that kBFloat16 is faster than kFloat32.
bool has_native_bfloat16();

// Whether it multiplies 8-bit numbers natively. kInt8 works without, but gains little.
bool has_native_int8();

std::string to_string(Precision precision);  // "bf16"

// The smallest and the largest number of a value, zero among them.
struct Range {
  float low = 0;
  float high = 0;
  bool wide = false;  // the convolution that gives the value is not computed in 8 bits

  void widen(const Range& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

// Of values between layers, by the node that they are the result of.
using Ranges = std::map<graph::NodeId, Range>;

// How 3 × 3 convolutions in float32 and bfloat16 are computed.
enum class Convolutions {
  kDirect,   // as they are defined
  kFastest,  // each as a measurement on this processor found it faster: directly or by Winograd's
             // filtering, which rounds differently (in float32 by about 1e-5 of the largest result,
             // in bfloat16 up to four times as much as without); linear layers with rearranged
             // weights
  kWinograd,  // by Winograd's filtering wherever that is possible
};

struct ExecutorOptions {
  Precision precision = Precision::kFloat32;
  Convolutions convolutions = Convolutions::kDirect;
  Ranges ranges;            // for kInt8: what to expect (wide_convolutions.h)
  base::Path measurements;  // a file that remembers what kFastest found; empty: measured each time
  graph::Pair input_size;   // height and width of the pictures; {0, 0}: the graph's own

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

  // How many pictures a call should hold for the best throughput on one core, at most kMostAtOnce.
  // With kFastest, and where enough `pictures` are to come, the batch is measured and remembered;
  // otherwise it is kMostAtOnce.
  std::int64_t best_batch(graph::NodeId output, std::int64_t pictures) const;
  static constexpr std::int64_t kMostAtOnce = 8;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace engraft::infer
