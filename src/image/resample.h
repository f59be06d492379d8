// Antialiased resizing as PIL does it: each output pixel is a weighted mean over a window that
// grows with the shrinking factor. The arithmetic is PIL's too (weights of 22 bits, columns first,
// rounded to 8 bits between the passes), so that the pixels are the same and accuracies with them.
#pragma once

#include "image/geometry.h"

namespace engraft::image {

// A piecewise polynomial that is zero beyond `support` input pixels (when not shrinking).
struct ResampleFilter {
  double support;
  double (*weight)(double distance);
};

extern const ResampleFilter kTriangleFilter;  // PIL's BILINEAR
extern const ResampleFilter kCubicFilter;     // PIL's BICUBIC

// The box of `image` as height × width, all of them positive and the box within the image: the part
// `wanted` of that, which is not empty.
Image resample(const Image& image, const RealBox& box, int height, int width, const Box& wanted,
               const ResampleFilter& filter);

}  // namespace engraft::image
