// How a network is computed, as a value: everything that decides how its sums are rounded, apart
// from its parameters and the pictures. Chosen by stated rules from the network, the precision and
// the processor's instructions, never by a timing; saved with a run and its models, part of every
// cache key, and the only thing that an Executor obeys.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "graph/graph.h"

namespace engraft::infer {

enum class Precision {
  kFloat32,
  kBFloat16,  // weights and activations in bfloat16, sums in float32
  kInt8,      // convolutions behind the first: 8-bit weights and activations; the rest in bfloat16
              // where the processor has it, else in float32
};

std::string to_string(Precision precision);  // "bf16"

// Whether this processor multiplies bfloat16 natively, so that kBFloat16 is faster than kFloat32.
bool has_native_bfloat16();

// kBFloat16 where that is so, else kFloat32.
Precision automatic_precision();

// Whether it multiplies 8-bit numbers natively. kInt8 works without, but gains little.
bool has_native_int8();

// What people should be told of how this processor computes; empty: nothing.
std::string processor_note();

// The smallest and the largest number of a value, zero among them.
struct Range {
  float low = 0;
  float high = 0;
  bool wide = false;  // the convolution that gives the value is not computed in 8 bits

  void widen(const Range& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
  bool operator==(const Range&) const = default;
};

// Of values between layers, by the node that they are the result of.
using Ranges = std::map<graph::NodeId, Range>;

struct ComputePlan {
  Precision precision = Precision::kFloat32;
  // The convolutions (nodes' names) that Winograd's filtering computes (onednn/winograd.h), which
  // rounds differently: in float32 by about 1e-5 of the largest result, in bfloat16 up to four
  // times as much as without. Under kInt8 these are not computed in 8 bits. All others are computed
  // as they are defined. A name that the network does not have, or a convolution that cannot be
  // filtered where it stands, is no error: it is computed directly.
  std::set<std::string> filtered;
  Ranges ranges;             // for kInt8: what Executor::measure_ranges() gave
  std::string instructions;  // oneDNN's name for the processor's: "avx512_core_bf16"
  std::string onednn;        // its version: "2.6.3"

  bool operator==(const ComputePlan&) const = default;
};

// Every convolution as it is defined, on this processor.
ComputePlan exact_plan(Precision precision);

struct PlanOptions {
  Precision precision = Precision::kFloat32;
  graph::Pair input_size;    // height and width of the pictures; {0, 0}: the graph's own
  std::string instructions;  // whose rules hold; empty: this processor's
};

// Each convolution as plan_rules.h says that it is faster. Without ranges, which are measured
// later. The same for the same arguments, everywhere and always.
ComputePlan choose_plan(const graph::Graph& graph, const PlanOptions& options);

// The plan itself on the processor that it was made for; elsewhere the nearest plan that this
// processor can run (bfloat16 gives way to float32), under this processor's instructions.
ComputePlan runnable(const ComputePlan& plan);

// In a few words: "bf16, 13 convolutions filtered".
std::string describe(const ComputePlan& plan);

// Of everything in it, for cache keys: 16 hexadecimal digits.
std::string hash_of(const ComputePlan& plan, const graph::Graph& graph);

}  // namespace engraft::infer
