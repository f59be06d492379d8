#include "transforms/load_picture.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "image/decode.h"
#include "image/resample.h"

namespace engraft::transforms {
namespace {

bool is_antialiased(image::Interpolation interpolation) {
  return interpolation == image::Interpolation::kBilinear ||
         interpolation == image::Interpolation::kBicubic;
}

// The largest reduction that leaves the part at least twice as large as what is made of it.
int reduction_for(image::Size part, image::Size made) {
  int reduction = 1;
  while (reduction < 8 && part.height >= 4 * reduction * made.height &&
         part.width >= 4 * reduction * made.width) {
    reduction *= 2;
  }
  return reduction;
}

// What a pipeline begins with, where that can be taken from a smaller picture: the part of the full
// picture that is resized, to what size, and what is wanted of the result.
struct Beginning {
  image::Box part;
  image::Size made;
  image::Box wanted;
  image::Interpolation interpolation;
  std::ptrdiff_t steps = 1;  // of the pipeline
};

bool is_within(const image::Box& box, image::Size size) {
  return box.top >= 0 && box.left >= 0 && box.top + box.height <= size.height &&
         box.left + box.width <= size.width;
}

std::optional<Beginning> beginning_of(const Pipeline& pipeline, image::Size full,
                                      base::Random& random) {
  if (pipeline.steps.empty()) return std::nullopt;
  const TransformStep& step = pipeline.steps.front();
  if (const auto* to = std::get_if<ResizeStep>(&step); to && is_antialiased(to->interpolation)) {
    const image::Size made = size_after(*to, full);
    Beginning result{
        {0, 0, full.height, full.width}, made, {0, 0, made.height, made.width}, to->interpolation};
    if (pipeline.steps.size() == 1) return result;
    if (const auto* center = std::get_if<CenterCropStep>(&pipeline.steps[1])) {
      const image::Box box = image::center_crop_box(made, center->height, center->width);
      if (is_within(box, made)) {
        result.wanted = box;
        result.steps = 2;
      }
    }
    return result;
  }
  if (const auto* to = std::get_if<RandomResizedCropStep>(&step);
      to && is_antialiased(to->interpolation)) {
    return Beginning{random_resized_crop_box(full.height, full.width, *to, random),
                     {to->height, to->width},
                     {0, 0, to->height, to->width},
                     to->interpolation};
  }
  return std::nullopt;
}

// How little of a picture of that height will do.
image::JpegNeeds needs_of(const Beginning& beginning, int height) {
  const image::Box& part = beginning.part;
  const double scale = static_cast<double>(part.height) / beginning.made.height;
  const int reduction = reduction_for({part.height, part.width}, beginning.made);
  // As far as the widest filter reaches, and what decoding and rounding need beyond.
  const double margin =
      image::kCubicFilter.support * std::max<double>(scale, reduction) + 2.0 * reduction;
  const double top = part.top + beginning.wanted.top * scale - margin;
  const double bottom =
      part.top + (beginning.wanted.top + beginning.wanted.height) * scale + margin;
  return {reduction, std::max(0, static_cast<int>(std::floor(top))),
          std::min(height, static_cast<int>(std::ceil(bottom)))};
}

}  // namespace

base::Expected<image::Image> load_picture(std::span<const std::byte> file, const Pipeline& pipeline,
                                          base::Random& random, bool exact) {
  std::optional<Beginning> beginning;
  image::DecodeOptions options;
  if (!exact) {
    options.needs = [&](int height, int width) {
      beginning = beginning_of(pipeline, {height, width}, random);
      return beginning ? needs_of(*beginning, height) : image::JpegNeeds();
    };
  }
  const base::Expected<image::DecodedImage> decoded = image::decode_image(file, options);
  if (!decoded) return base::Problem{decoded.reason()};
  if (!beginning) return apply(pipeline, decoded->image, random);
  const double scale = 1.0 / decoded->reduction;
  const image::Box& part = beginning->part;
  const image::Image resized = image::resize(
      decoded->image,
      image::RealBox{part.top * scale, part.left * scale, part.height * scale, part.width * scale},
      beginning->made.height, beginning->made.width, beginning->wanted, beginning->interpolation);
  return apply({{pipeline.steps.begin() + beginning->steps, pipeline.steps.end()}}, resized,
               random);
}

base::Expected<image::Image> load_picture(const base::Path& path, const Pipeline& pipeline,
                                          base::Random& random, bool exact) {
  const base::Expected<base::Bytes> file = image::read_picture_file(path);
  if (!file) return base::Problem{file.reason()};
  return load_picture(*file, pipeline, random, exact);
}

}  // namespace engraft::transforms
