#include "transforms/transforms.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <utility>

namespace engraft::transforms {
namespace {

template <typename... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

// Where resize(256) meets a picture that is all but a line, the longer side ends here;
// torchvision would run out of memory.
constexpr int kLongestSide = 65536;

}  // namespace

image::Size size_after(const ResizeStep& step, image::Size before) {
  if (step.width > 0) return {step.height, step.width};
  if (before.height == 0) return {};
  const std::int64_t longer = std::max(before.height, before.width);
  const std::int64_t shorter = std::min(before.height, before.width);
  if (longer * step.height / shorter > kLongestSide) {
    return before.height > before.width ? image::Size{kLongestSide, step.height}
                                        : image::Size{step.height, kLongestSide};
  }
  return image::shorter_side_size(before.height, before.width, step.height);
}

namespace {

image::Size size_after(const TransformStep& step, image::Size before) {
  return std::visit(
      Match{
          [&](const ResizeStep& resize) { return transforms::size_after(resize, before); },
          [](const CenterCropStep& crop) {
            return image::Size{crop.height, crop.width};
          },
          [](const RandomCropStep& crop) {
            return image::Size{crop.height, crop.width};
          },
          [](const RandomResizedCropStep& crop) {
            return image::Size{crop.height, crop.width};
          },
          [&](const RandomRotationStep&) { return before; },
          [&](const HorizontalFlipStep&) { return before; },
      },
      step);
}

// Uniform over the integers between the two, both included, whichever is the larger.
int between(int a, int b, base::Random& random) {
  const int low = std::min(a, b);
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(std::max(a, b) - low) + 1));
}

image::Image random_crop(const image::Image& image, const RandomCropStep& step,
                         base::Random& random) {
  // A negative place puts a smaller picture anywhere within the crop, as torchvision does with
  // pad_if_needed.
  const int top = between(0, image.height - step.height, random);
  const int left = between(0, image.width - step.width, random);
  return image::crop(image, {top, left, step.height, step.width});
}

// Python's int(round(x)): halves to even.
int rounded(double x) { return static_cast<int>(std::nearbyint(x)); }

}  // namespace

bool is_random(const Pipeline& pipeline) {
  image::Size size;
  for (const TransformStep& step : pipeline.steps) {
    const bool differs = std::visit(
        Match{
            [](const ResizeStep&) { return false; },
            [](const CenterCropStep&) { return false; },
            [&](const RandomCropStep& crop) {
              return size.height != crop.height || size.width != crop.width;
            },
            [](const RandomResizedCropStep&) { return true; },
            [](const RandomRotationStep& rotation) { return rotation.low != rotation.high; },
            [](const HorizontalFlipStep& flip) {
              return flip.probability > 0 && flip.probability < 1;
            },
        },
        step);
    if (differs) return true;
    size = size_after(step, size);
  }
  return false;
}

image::Size output_size(const Pipeline& pipeline) {
  image::Size size;
  for (const TransformStep& step : pipeline.steps) size = size_after(step, size);
  return size;
}

image::Image apply(const Pipeline& pipeline, const image::Image& image, base::Random& random) {
  const image::Image* input = &image;
  image::Image current;
  const auto take = [&](image::Image result) {
    current = std::move(result);
    input = &current;
  };
  for (const TransformStep& step : pipeline.steps) {
    std::visit(Match{
                   [&](const ResizeStep& to) {
                     const image::Size size = size_after(to, {input->height, input->width});
                     take(image::resize(*input, size.height, size.width, to.interpolation));
                   },
                   [&](const CenterCropStep& to) {
                     take(image::center_crop(*input, to.height, to.width));
                   },
                   [&](const RandomCropStep& to) { take(random_crop(*input, to, random)); },
                   [&](const RandomResizedCropStep& to) {
                     const image::Box box =
                         random_resized_crop_box(input->height, input->width, to, random);
                     take(image::resize(*input, box, to.height, to.width, to.interpolation));
                   },
                   [&](const RandomRotationStep& by) {
                     take(image::rotate(*input, random.uniform(by.low, by.high)));
                   },
                   [&](const HorizontalFlipStep& by) {
                     if (random.chance(by.probability)) take(image::flip_horizontal(*input));
                   },
               },
               step);
  }
  return input == &image ? image : std::move(current);
}

image::Box random_resized_crop_box(int height, int width, const RandomResizedCropStep& step,
                                   base::Random& random) {
  assert(height > 0 && width > 0);
  const double area = static_cast<double>(height) * width;
  const float log_ratio_low = std::log(step.ratio_low);
  const float log_ratio_high = std::log(step.ratio_high);
  for (int tries = 0; tries < 10; ++tries) {
    const double target_area = area * random.uniform(step.scale_low, step.scale_high);
    const double aspect = std::exp(random.uniform(log_ratio_low, log_ratio_high));
    const double box_width = std::nearbyint(std::sqrt(target_area * aspect));
    const double box_height = std::nearbyint(std::sqrt(target_area / aspect));
    if (box_width < 1 || box_width > width || box_height < 1 || box_height > height) continue;
    const int w = static_cast<int>(box_width);
    const int h = static_cast<int>(box_height);
    const int top = between(0, height - h, random);
    const int left = between(0, width - w, random);
    return {top, left, h, w};
  }
  const double picture_ratio = static_cast<double>(width) / height;
  int h = height;
  int w = width;
  if (picture_ratio < step.ratio_low) {
    h = std::clamp(rounded(static_cast<double>(width) / step.ratio_low), 1, height);
  } else if (picture_ratio > step.ratio_high) {
    w = std::clamp(rounded(static_cast<double>(height) * step.ratio_high), 1, width);
  }
  return {(height - h) / 2, (width - w) / 2, h, w};
}

}  // namespace engraft::transforms
