// Channel shuffle (X. Zhang et al.: ShuffleNet, 2017, arXiv:1707.01083; torch.nn.ChannelShuffle)
// where channels lie last, which oneDNN computes by its slow reference.
#pragma once

#include "onednn/kernels.h"
#include "onednn/onednn.h"

namespace engraft::onednn {

// For values and results in `layout` (N × C × H × W, channels last); C is a multiple of `groups`.
Kernel shuffle_channels_last(const Desc& layout, std::int64_t groups);

}  // namespace engraft::onednn
