#include "data/load_picture.h"

#include <optional>

#include "image/decode.h"

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

// A pipeline's first step, where it is one that can be taken from a smaller picture: which part of
// the full picture it takes, and the size that it gives.
struct FirstStep {
  Box part;
  Size made;
  Interpolation interpolation;
};

std::optional<FirstStep> first_step(const Pipeline& pipeline, Size full, Random& random) {
  if (pipeline.steps.empty()) return std::nullopt;
  const TransformStep& step = pipeline.steps.front();
  if (const auto* to = std::get_if<ResizeStep>(&step); to && is_antialiased(to->interpolation)) {
    return FirstStep{{0, 0, full.height, full.width}, size_after(*to, full), to->interpolation};
  }
  if (const auto* to = std::get_if<RandomResizedCropStep>(&step);
      to && is_antialiased(to->interpolation)) {
    return FirstStep{random_resized_crop_box(full.height, full.width, *to, random),
                     {to->height, to->width},
                     to->interpolation};
  }
  return std::nullopt;
}

}  // namespace

Expected<Image> load_picture(std::span<const std::byte> file, const Pipeline& pipeline,
                             Random& random, bool exact) {
  std::optional<FirstStep> first;
  DecodeOptions options;
  if (!exact) {
    options.reduction = [&](int height, int width) {
      first = first_step(pipeline, {height, width}, random);
      return first ? reduction_for({first->part.height, first->part.width}, first->made) : 1;
    };
  }
  const Expected<DecodedImage> decoded = decode_image(file, options);
  if (!decoded) return Problem{decoded.reason()};
  if (!first) return apply(pipeline, decoded->image, random);
  const double scale = 1.0 / decoded->reduction;
  const RealBox part{first->part.top * scale, first->part.left * scale, first->part.height * scale,
                     first->part.width * scale};
  const Image resized =
      resize(decoded->image, part, first->made.height, first->made.width, first->interpolation);
  return apply({{pipeline.steps.begin() + 1, pipeline.steps.end()}}, resized, random);
}

Expected<Image> load_picture(const Path& path, const Pipeline& pipeline, Random& random,
                             bool exact) {
  const Expected<Bytes> file = read_picture_file(path);
  if (!file) return Problem{file.reason()};
  return load_picture(*file, pipeline, random, exact);
}

}  // namespace engraft
