#include "onednn/channel_shuffle.h"

#include <cassert>
#include <cstdint>

namespace engraft::onednn {
namespace {

// `Number` is as wide as the numbers that are moved. kGroups: known when compiled, or 0.
template <typename Number, std::int64_t kGroups>
void shuffle(const void* source, void* destination, std::int64_t pixels, std::int64_t channels,
             std::int64_t groups_if_unknown) {
  const std::int64_t groups = kGroups > 0 ? kGroups : groups_if_unknown;
  const std::int64_t of_a_group = channels / groups;
  const auto* from = static_cast<const Number*>(source);
  auto* to = static_cast<Number*>(destination);
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel, from += channels, to += channels) {
    for (std::int64_t k = 0; k < of_a_group; ++k) {
      for (std::int64_t g = 0; g < groups; ++g) to[k * groups + g] = from[g * of_a_group + k];
    }
  }
}

}  // namespace

Kernel shuffle_channels_last(const Desc& layout, std::int64_t groups) {
  assert(is_channels_last(layout));
  const base::Shape shape = shape_of(layout);
  assert(shape[1] % groups == 0);
  const bool halves = type_of(layout) == Type::bf16;
  assert(halves || type_of(layout) == Type::f32);
  auto* const move = groups == 2 ? (halves ? shuffle<std::uint16_t, 2> : shuffle<std::uint32_t, 2>)
                                 : (halves ? shuffle<std::uint16_t, 0> : shuffle<std::uint32_t, 0>);
  const std::int64_t pixels = shape[0] * shape[2] * shape[3];
  return {[=](std::span<const float* const> sources, float* destination, std::byte*) {
            move(sources[0], destination, pixels, shape[1], groups);
          },
          0};
}

}  // namespace engraft::onednn
