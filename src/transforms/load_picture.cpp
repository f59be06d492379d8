#include "transforms/load_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "image/decode.h"
#include "image/resample.h"

namespace engraft::transforms {
namespace {

bool is_antialiased(image::Interpolation interpolation) {
  return interpolation == image::Interpolation::kBilinear ||
         interpolation == image::Interpolation::kBicubic;
}

// The largest reduction that leaves the part at least twice as large as what is made of it.
int reduction_for(const image::Box& part, image::Size made) {
  int reduction = 1;
  while (reduction < 8 && part.height >= 4 * reduction * made.height &&
         part.width >= 4 * reduction * made.width) {
    reduction *= 2;
  }
  return reduction;
}

bool is_within(const image::Box& box, image::Size size) {
  return box.top >= 0 && box.left >= 0 && box.top + box.height <= size.height &&
         box.left + box.width <= size.width;
}

// What the actions begin with, where that can be taken from a smaller picture.
struct Beginning {
  Resample resample;
  image::Box wanted;      // of what it gives
  std::size_t count = 1;  // of the actions
};

std::optional<Beginning> beginning_of(std::span<const Action> actions) {
  if (actions.empty()) return std::nullopt;
  const auto* to = std::get_if<Resample>(&actions[0]);
  if (to == nullptr || !is_antialiased(to->interpolation)) return std::nullopt;
  const auto* cut = actions.size() > 1 ? std::get_if<Cut>(&actions[1]) : nullptr;
  if (cut != nullptr && is_within(cut->box, to->size)) return Beginning{*to, cut->box, 2};
  return Beginning{*to, {0, 0, to->size.height, to->size.width}};
}

// How little of a picture of that height will do.
image::JpegNeeds needs_of(const Beginning& beginning, int height) {
  const image::Box& part = beginning.resample.part;
  const image::Size made = beginning.resample.size;
  const double scale = static_cast<double>(part.height) / made.height;
  const int reduction = reduction_for(part, made);
  // As far as the widest filter reaches, and what decoding and rounding need beyond.
  const double margin =
      image::kCubicFilter.support * std::max<double>(scale, reduction) + 2.0 * reduction;
  const double top = part.top + beginning.wanted.top * scale - margin;
  const double bottom =
      part.top + (beginning.wanted.top + beginning.wanted.height) * scale + margin;
  return {reduction, std::max(0, static_cast<int>(std::floor(top))),
          std::min(height, static_cast<int>(std::ceil(bottom)))};
}

base::Problem no_memory() {
  return {.reason = "there is not enough memory for what is made of it", .passing = true};
}

// From a picture that was decoded at 1/reduction of its size.
image::Image resampled(const Beginning& beginning, const image::Image& image, int reduction) {
  const double scale = 1.0 / reduction;
  const auto& [part, size, interpolation] = beginning.resample;
  return image::resize(
      image,
      image::RealBox{part.top * scale, part.left * scale, part.height * scale, part.width * scale},
      size.height, size.width, beginning.wanted, interpolation);
}

// The Problem with a picture of which the actions would make a far larger one on the way: of one
// line of pixels, scaled by its shorter side, thousands. What is resampled and cut in one go is
// never made whole.
std::optional<base::Problem> growth_problem(std::span<const Action> actions, image::Size size,
                                            bool cut_at_once, const image::Limits& limits) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    size = size_after(actions[i], size);
    const std::int64_t bytes = std::int64_t{3} * size.height * size.width;
    if (bytes <= limits.max_bytes || (i == 0 && cut_at_once)) continue;
    return base::Problem{fmt::format(
        "becomes {} × {} pixels by its transforms, which take {:.3g} GB; the limit is {:.3g}",
        size.height, size.width, static_cast<double>(bytes) / 1e9,
        static_cast<double>(limits.max_bytes) / 1e9)};
  }
  return std::nullopt;
}

}  // namespace

base::Expected<image::Image> load_picture(std::span<const std::byte> file, const Pipeline& pipeline,
                                          base::Random& random, const LoadOptions& load) try {
  // Drawn as soon as the picture's size is known: by a JPEG's header, else after decoding.
  std::optional<std::vector<Action>> actions;
  std::optional<Beginning> beginning;
  image::Size picture;
  image::DecodeOptions options{.limits = load.limits};
  if (!load.exact) {
    options.needs = [&](int height, int width) {
      picture = {height, width};
      actions = draw(pipeline, picture, random);
      beginning = beginning_of(*actions);
      return beginning ? needs_of(*beginning, height) : image::JpegNeeds();
    };
  }
  base::Expected<image::DecodedImage> decoded = image::decode_image(file, options);
  if (!decoded) return decoded.problem();
  image::Image& image = decoded->image;
  if (!actions) {
    picture = {image.height, image.width};
    actions = draw(pipeline, picture, random);
  }
  const bool cut_at_once = beginning && beginning->count == 2;
  if (auto problem = growth_problem(*actions, picture, cut_at_once, load.limits)) return *problem;
  if (!beginning) return perform(*actions, std::move(image));
  return perform(std::span(*actions).subspan(beginning->count),
                 resampled(*beginning, image, decoded->reduction));
} catch (const std::bad_alloc&) {
  return no_memory();
}

base::Expected<image::Image> load_picture(const base::Path& path, const Pipeline& pipeline,
                                          base::Random& random, const LoadOptions& load) {
  const base::Expected<base::Bytes> file = image::read_picture_file(path, load.limits);
  if (!file) return file.problem();
  return load_picture(*file, pipeline, random, load);
}

base::Expected<image::Image> prepare_picture(image::Image picture, const Pipeline& pipeline,
                                             base::Random& random) try {
  return perform(draw(pipeline, {picture.height, picture.width}, random), std::move(picture));
} catch (const std::bad_alloc&) {
  return no_memory();
}

}  // namespace engraft::transforms
