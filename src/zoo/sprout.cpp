#include "zoo/architectures.h"

namespace engraft::zoo {

graph::Graph sprout() {
  return resnet("sprout", {.block = ResidualBlock::kBasic,
                           .blocks = {2, 2, 2, 1},
                           .widths = {24, 48, 96, 192},
                           .stem = Stem::kSmall,
                           .input_size = 128,
                           .classes = 48});
}

}  // namespace engraft::zoo
