// Steps that resize, turn or mirror the whole picture.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "transforms/action.h"
#include "transforms/step_text.h"

namespace engraft::transforms {

// torchvision.transforms.Resize: resize(256) sets the shorter side, resize(224x224) both;
// options interpolation=bilinear|bicubic|nearest, antialias=true|false (false: bilinear only).
// Where only the shorter side is set, the longer one ends at 65536 pixels, whatever the picture.
struct Resize {
  static constexpr std::string_view kName = "resize";
  image::Size size;  // a width of 0: the height is the shorter side
  image::Interpolation interpolation = image::Interpolation::kBilinear;

  static Resize read(const StepText& text);
  std::string arguments() const;
  image::Size size_after(image::Size before) const;
  bool is_random(image::Size /*before*/) const { return false; }
  Action draw(image::Size picture, base::Random& random) const;
  bool operator==(const Resize&) const = default;
};

// random_rotation(15): uniformly in [-15, 15] degrees; random_rotation(-10:30)
struct RandomRotation {
  static constexpr std::string_view kName = "random_rotation";
  Range degrees;

  static RandomRotation read(const StepText& text);
  std::string arguments() const;
  image::Size size_after(image::Size before) const { return before; }
  bool is_random(image::Size /*before*/) const { return degrees.low != degrees.high; }
  Action draw(image::Size picture, base::Random& random) const;
  bool operator==(const RandomRotation&) const = default;
};

// hflip or hflip(0.5): torchvision.transforms.RandomHorizontalFlip
struct HorizontalFlip {
  static constexpr std::string_view kName = "hflip";
  float probability = 0.5F;

  static HorizontalFlip read(const StepText& text);
  std::string arguments() const;
  image::Size size_after(image::Size before) const { return before; }
  bool is_random(image::Size /*before*/) const { return probability > 0 && probability < 1; }
  Action draw(image::Size picture, base::Random& random) const;
  bool operator==(const HorizontalFlip&) const = default;
};

}  // namespace engraft::transforms
