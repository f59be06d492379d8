#include "transforms/load_picture.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "image/decode.h"
#include "image/resample.h"

namespace engraft {
namespace {

bool is_antialiased(Interpolation interpolation) {
  return interpolation == Interpolation::kBilinear || interpolation == Interpolation::kBicubic;
}

// The largest reduction that leaves the part at least twice as large as what is made of it.
int reduction_for(Size part, Size made) {
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
  Box part;
  Size made;
  Box wanted;
  Interpolation interpolation;
  std::ptrdiff_t steps = 1;  // of the pipeline
};

bool is_within(const Box& box, Size size) {
  return box.top >= 0 && box.left >= 0 && box.top + box.height <= size.height &&
         box.left + box.width <= size.width;
}

std::optional<Beginning> beginning_of(const Pipeline& pipeline, Size full, Random& random) {
  if (pipeline.steps.empty()) return std::nullopt;
  const TransformStep& step = pipeline.steps.front();
  if (const auto* to = std::get_if<ResizeStep>(&step); to && is_antialiased(to->interpolation)) {
    const Size made = size_after(*to, full);
    Beginning result{
        {0, 0, full.height, full.width}, made, {0, 0, made.height, made.width}, to->interpolation};
    if (pipeline.steps.size() == 1) return result;
    if (const auto* center = std::get_if<CenterCropStep>(&pipeline.steps[1])) {
      const Box box = center_crop_box(made, center->height, center->width);
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
JpegNeeds needs_of(const Beginning& beginning, int height) {
  const Box& part = beginning.part;
  const double scale = static_cast<double>(part.height) / beginning.made.height;
  const int reduction = reduction_for({part.height, part.width}, beginning.made);
  // As far as the widest filter reaches, and what decoding and rounding need beyond.
  const double margin = kCubicFilter.support * std::max<double>(scale, reduction) + 2.0 * reduction;
  const double top = part.top + beginning.wanted.top * scale - margin;
  const double bottom =
      part.top + (beginning.wanted.top + beginning.wanted.height) * scale + margin;
  return {reduction, std::max(0, static_cast<int>(std::floor(top))),
          std::min(height, static_cast<int>(std::ceil(bottom)))};
}

}  // namespace

Expected<Image> load_picture(std::span<const std::byte> file, const Pipeline& pipeline,
                             Random& random, bool exact) {
  std::optional<Beginning> beginning;
  DecodeOptions options;
  if (!exact) {
    options.needs = [&](int height, int width) {
      beginning = beginning_of(pipeline, {height, width}, random);
      return beginning ? needs_of(*beginning, height) : JpegNeeds();
    };
  }
  const Expected<DecodedImage> decoded = decode_image(file, options);
  if (!decoded) return Problem{decoded.reason()};
  if (!beginning) return apply(pipeline, decoded->image, random);
  const double scale = 1.0 / decoded->reduction;
  const Box& part = beginning->part;
  const Image resized = resize(
      decoded->image,
      RealBox{part.top * scale, part.left * scale, part.height * scale, part.width * scale},
      beginning->made.height, beginning->made.width, beginning->wanted, beginning->interpolation);
  return apply({{pipeline.steps.begin() + beginning->steps, pipeline.steps.end()}}, resized,
               random);
}

Expected<Image> load_picture(const Path& path, const Pipeline& pipeline, Random& random,
                             bool exact) {
  const Expected<Bytes> file = read_picture_file(path);
  if (!file) return Problem{file.reason()};
  return load_picture(*file, pipeline, random, exact);
}

}  // namespace engraft
