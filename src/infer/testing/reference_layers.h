// For tests only: the layers of the reference that take more than a line. Each writes to `out`,
// which has the shape of its result.
#pragma once

#include <string>
#include <vector>

#include "infer/testing/reference.h"

namespace engraft::infer::reference {

// Calls body(n, c, y, x) for each element of a shape N × C × H × W.
template <typename Body>
void for_each(const base::Shape& shape, const Body& body) {
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      for (std::int64_t y = 0; y < shape[2]; ++y) {
        for (std::int64_t x = 0; x < shape[3]; ++x) body(n, c, y, x);
      }
    }
  }
}

// A layer's parameters by their last names.
class Parameters {
 public:
  Parameters(const base::StateDict& state, const graph::Node& node)
      : state_(state), prefix_(node.module.empty() ? "" : node.module + ".") {}

  double operator()(const std::string& name, std::int64_t i) const {
    return state_.at(prefix_ + name).floats()[static_cast<std::size_t>(i)];
  }

 private:
  const base::StateDict& state_;
  std::string prefix_;
};

// reference_windows.cpp
void convolve(const graph::Conv2d& conv, const Parameters& parameter, const Values& in,
              Values& out);
void pool(const graph::MaxPool2d& pool, const Values& in, Values& out);
void average(const graph::AvgPool2d& pool, const Values& in, Values& out);
void average(const Values& in,
             Values& out);  // AdaptiveAvgPool2d: over as many windows as `out` has
void multiply(const graph::Linear& linear, const Parameters& parameter, const Values& in,
              Values& out);
void normalize(const graph::BatchNorm2d& norm, const Parameters& parameter, const Values& in,
               Values& out);
void normalize(const graph::LayerNorm& norm, const Parameters& parameter, const Values& in,
               Values& out);

// reference_tokens.cpp
void embed(const Values& patches, const Values& token, const Values& positions, Values& out);
void attend(const graph::Attention& layer, const Values& in, Values& out);
void attend(const graph::WindowAttention& layer, const std::vector<const Values*>& inputs,
            Values& out);
void merge_patches(const Values& in, Values& out);

}  // namespace engraft::infer::reference
