#include "transforms/action.h"

namespace engraft::transforms {
namespace {

image::Image done(const Keep&, const image::Image& image) { return image; }

image::Image done(const Resample& to, const image::Image& image) {
  return image::resize(image, to.part, to.size.height, to.size.width, to.interpolation);
}

image::Image done(const Cut& cut, const image::Image& image) { return image::crop(image, cut.box); }

image::Image done(const Turn& turn, const image::Image& image) {
  return image::rotate(image, turn.degrees);
}

image::Image done(const Mirror&, const image::Image& image) {
  return image::flip_horizontal(image);
}

}  // namespace

image::Image perform(const Action& action, const image::Image& image) {
  return std::visit([&](const auto& one) { return done(one, image); }, action);
}

image::Size size_after(const Action& action, image::Size before) {
  if (const auto* to = std::get_if<Resample>(&action)) return to->size;
  if (const auto* cut = std::get_if<Cut>(&action)) return {cut->box.height, cut->box.width};
  return before;
}

}  // namespace engraft::transforms
