#include "zoo/architectures.h"

namespace engraft {

Graph sprout() {
  return resnet("sprout", {.block = ResidualBlock::kBasic,
                           .blocks = {1, 1, 1, 1},
                           .widths = {24, 48, 96, 192},
                           .stem = Stem::kSmall,
                           .input_size = 128,
                           .classes = 40});
}

}  // namespace engraft
