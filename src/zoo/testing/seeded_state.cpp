#include "zoo/testing/seeded_state.h"

#include <cmath>
#include <map>
#include <variant>

#include "base/parallel.h"

namespace engraft::zoo {
namespace {

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

float uniform_at(std::uint64_t hash, std::uint64_t i) {
  std::uint64_t x = hash + i + 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return static_cast<float>(x >> 40) * 0x1p-24F;
}

struct Range {
  float low;
  float high;
};

// With made-up parameters, sums of many residual branches that scale themselves grow until
// float32's rounding shows: PyTorch's own logits are then not those that it computes in float64.
float gain_of(std::string_view architecture) {
  static const std::map<std::string_view, float> gains = {
      {"maxvit_t", 0.7F},         {"efficientnet_b2", 0.85F},   {"efficientnet_b3", 0.85F},
      {"efficientnet_b4", 0.85F}, {"efficientnet_b5", 0.85F},   {"efficientnet_b6", 0.8F},
      {"efficientnet_b7", 0.8F},  {"efficientnet_v2_l", 0.65F}, {"regnet_y_3_2gf", 0.7F},
      {"regnet_y_8gf", 0.7F},     {"regnet_y_16gf", 0.7F},      {"regnet_y_32gf", 0.7F},
      {"regnet_y_128gf", 0.7F},
  };
  const auto found = gains.find(architecture);
  return found == gains.end() ? 1 : found->second;
}

Range range_of(const graph::NamedParameter& parameter, float gain) {
  if (parameter.shape.size() >= 2) {
    const std::int64_t fan_in = base::element_count(parameter.shape) / parameter.shape[0];
    const float bound = gain * std::sqrt(6.0F / static_cast<float>(fan_in));
    return {-bound, bound};
  }
  const bool is_bias = parameter.name.ends_with(".bias");
  return is_bias || parameter.name.ends_with(".running_mean") ? Range{-0.1F, 0.1F}
                                                              : Range{0.5F, 1.5F};
}

void fill(std::span<float> values, std::string_view name, Range range) {
  const std::uint64_t hash = fnv1a(name);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = range.low + (range.high - range.low) * uniform_at(hash, i);
  }
}

}  // namespace

float seeded_uniform(std::string_view name, std::uint64_t i) { return uniform_at(fnv1a(name), i); }

base::StateDict seeded_state(const graph::Graph& graph) {
  const std::vector<graph::NamedParameter> parameters = graph::named_parameters(graph);
  const float gain = gain_of(graph.architecture);
  std::vector<base::Tensor> tensors(parameters.size());
  base::parallel_for(parameters.size(), base::usable_processors(), [&](std::size_t i, int) {
    tensors[i] = graph::fixed_values(graph.nodes[parameters[i].node].layer);
    if (!tensors[i].empty()) return;
    tensors[i] = base::Tensor(parameters[i].dtype, parameters[i].shape);
    if (parameters[i].dtype == base::DType::kFloat32) {
      fill(tensors[i].mutable_floats(), parameters[i].name, range_of(parameters[i], gain));
    }
  });
  base::StateDict state;
  for (std::size_t i = 0; i < parameters.size(); ++i) state[parameters[i].name] = tensors[i];
  return state;
}

base::Tensor seeded_pictures(const base::Shape& shape) {
  base::Tensor pictures(base::DType::kFloat32, shape);
  fill(pictures.mutable_floats(), "input", {-2.0F, 2.0F});
  return pictures;
}

}  // namespace engraft::zoo
