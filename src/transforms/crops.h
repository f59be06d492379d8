// Steps that keep a part of the picture.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "transforms/action.h"
#include "transforms/step_text.h"

namespace engraft::transforms {

// center_crop(224) or center_crop(HxW): torchvision.transforms.CenterCrop
struct CenterCrop {
  static constexpr std::string_view kName = "center_crop";
  image::Size size;

  static CenterCrop read(const StepText& text);
  std::string arguments() const { return size_text(size); }
  image::Size size_after(image::Size /*before*/) const { return size; }
  bool is_random(image::Size /*before*/) const { return false; }
  Action draw(image::Size picture, base::Random& random) const;
  bool operator==(const CenterCrop&) const = default;
};

// random_crop(224) or random_crop(HxW): torchvision.transforms.RandomCrop; a smaller picture is an
// error in torchvision and is padded with black here.
struct RandomCrop {
  static constexpr std::string_view kName = "random_crop";
  image::Size size;

  static RandomCrop read(const StepText& text);
  std::string arguments() const { return size_text(size); }
  image::Size size_after(image::Size /*before*/) const { return size; }
  bool is_random(image::Size before) const { return before != size; }
  Action draw(image::Size picture, base::Random& random) const;
  bool operator==(const RandomCrop&) const = default;
};

// random_resized_crop(224,scale=0.08:1,ratio=0.75:1.3333): torchvision.transforms.RandomResizedCrop
// with scale within (0, 1] and ratio, width by height, within [0.01, 100]; the options of resize.
// Draws as torchvision's get_params does: ten tries, then the centre.
struct RandomResizedCrop {
  static constexpr std::string_view kName = "random_resized_crop";
  image::Size size;
  Range scale{0.08F, 1.0F};
  Range ratio{3.0F / 4.0F, 4.0F / 3.0F};
  image::Interpolation interpolation = image::Interpolation::kBilinear;

  static RandomResizedCrop read(const StepText& text);
  std::string arguments() const;
  image::Size size_after(image::Size /*before*/) const { return size; }
  bool is_random(image::Size /*before*/) const { return true; }
  Action draw(image::Size picture, base::Random& random) const;
  bool operator==(const RandomResizedCrop&) const = default;
};

}  // namespace engraft::transforms
