// Preprocessing as data: a pipeline is a list of steps, written as one short text that is the same
// on the command line, in recipes and inside a saved model, e.g.
//   "random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip"
// Steps act on 8-bit pictures; to_tensor and normalize follow at the end with the backbone's mean
// and standard deviation.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.h"
#include "image/geometry.h"
#include "image/image.h"

namespace engraft::transforms {

// torchvision.transforms.Resize: resize(256) sets the shorter side, resize(224x224) both;
// options interpolation=bilinear|bicubic|nearest, antialias=true|false (false: bilinear only).
// Where only the shorter side is set, the longer one ends at 65536 pixels, whatever the picture.
struct ResizeStep {
  int height = 0;
  int width = 0;  // 0: `height` is the shorter side
  image::Interpolation interpolation = image::Interpolation::kBilinear;
  bool operator==(const ResizeStep&) const = default;
};

// center_crop(224) or center_crop(HxW)
struct CenterCropStep {
  int height = 0;
  int width = 0;
  bool operator==(const CenterCropStep&) const = default;
};

// random_crop(224) or random_crop(HxW): torchvision.transforms.RandomCrop; a smaller picture is an
// error in torchvision and is padded with black here.
struct RandomCropStep {
  int height = 0;
  int width = 0;
  bool operator==(const RandomCropStep&) const = default;
};

// random_resized_crop(224,scale=0.08:1,ratio=0.75:1.3333): torchvision.transforms.RandomResizedCrop
// with scale within (0, 1] and ratio, width by height, within [0.01, 100]; the options of resize.
struct RandomResizedCropStep {
  int height = 0;
  int width = 0;
  float scale_low = 0.08F, scale_high = 1.0F;
  float ratio_low = 3.0F / 4.0F, ratio_high = 4.0F / 3.0F;
  image::Interpolation interpolation = image::Interpolation::kBilinear;
  bool operator==(const RandomResizedCropStep&) const = default;
};

// random_rotation(15): uniformly in [-15, 15] degrees; random_rotation(-10:30)
struct RandomRotationStep {
  float low = 0, high = 0;
  bool operator==(const RandomRotationStep&) const = default;
};

// hflip or hflip(0.5): torchvision.transforms.RandomHorizontalFlip
struct HorizontalFlipStep {
  float probability = 0.5F;
  bool operator==(const HorizontalFlipStep&) const = default;
};

using TransformStep = std::variant<ResizeStep, CenterCropStep, RandomCropStep,
                                   RandomResizedCropStep, RandomRotationStep, HorizontalFlipStep>;

struct Pipeline {
  std::vector<TransformStep> steps;
  bool operator==(const Pipeline&) const = default;
};

// Throws Error that names the step or option, and lists what there is. `to_tensor` and `normalize`
// are accepted at the end and mean nothing (they are implied).
Pipeline parse_pipeline(std::string_view text);

// The canonical text: parse_pipeline(to_string(p)) equals p.
std::string to_string(const Pipeline& pipeline);

// Whether two visits of a picture can differ.
bool is_random(const Pipeline& pipeline);

// The height and width that the pipeline ends in, whatever the picture; {0, 0} where that depends
// on the picture (a lone resize(256)).
image::Size output_size(const Pipeline& pipeline);

// Of a picture of this size; {0, 0} where that is unknown and matters.
image::Size size_after(const ResizeStep& step, image::Size before);

// The picture through all steps. Draws from `random` only in random steps, in order.
image::Image apply(const Pipeline& pipeline, const image::Image& image, base::Random& random);

// The box that RandomResizedCrop cuts (torchvision's get_params: ten tries, then the centre).
image::Box random_resized_crop_box(int height, int width, const RandomResizedCropStep& step,
                                   base::Random& random);

// Per-channel mean and standard deviation in units of [0, 1], RGB.
struct Normalization {
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
  std::array<float, 3> stddev{0.229F, 0.224F, 0.225F};
};

// to_tensor and normalize: 3 × H × W floats, (pixel / 255 - mean) / stddev. `out` has 3·H·W places.
void to_normalized_tensor(const image::Image& image, const Normalization& normalization,
                          std::span<float> out);

// The way back, for showing what the network sees: rounds and clamps to 0..255.
image::Image to_image(std::span<const float> tensor, int height, int width,
                      const Normalization& normalization);

}  // namespace engraft::transforms
