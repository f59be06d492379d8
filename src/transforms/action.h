// What is done to one picture once the dice have fallen. Every step comes down to one of these, so
// that what it draws is a value that can be looked at, compared with torchvision's parameters, and
// planned with before a pixel is decoded.
#pragma once

#include <variant>

#include "image/geometry.h"
#include "image/image.h"

namespace engraft::transforms {

struct Keep {
  bool operator==(const Keep&) const = default;
};

// The part, resized to that size (torchvision.transforms.functional.resized_crop).
struct Resample {
  image::Box part;  // lies within the picture
  image::Size size;
  image::Interpolation interpolation = image::Interpolation::kBilinear;
  bool operator==(const Resample&) const = default;
};

// What the box covers; black where it reaches beyond the picture.
struct Cut {
  image::Box box;
  bool operator==(const Cut&) const = default;
};

// Counter-clockwise about the centre, same size (torchvision.transforms.functional.rotate).
struct Turn {
  float degrees = 0;
  bool operator==(const Turn&) const = default;
};

// Left becomes right.
struct Mirror {
  bool operator==(const Mirror&) const = default;
};

using Action = std::variant<Keep, Resample, Cut, Turn, Mirror>;

image::Image perform(const Action& action, const image::Image& image);

// Of a picture of that size.
image::Size size_after(const Action& action, image::Size before);

}  // namespace engraft::transforms
