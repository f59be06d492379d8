// Resizing, cropping, flipping and rotating, with the pixels that torchvision's transforms give on
// PIL pictures.
#pragma once

#include "image/image.h"

namespace engraft::image {

enum class Interpolation {
  kBilinear,       // antialiased when shrinking: PIL's BILINEAR, torchvision's default
  kBicubic,        // antialiased when shrinking: PIL's BICUBIC (a = -0.5)
  kPlainBilinear,  // no antialiasing: OpenCV's INTER_LINEAR, the lab's cv2.resize
  kNearest,        // PIL's NEAREST
};

struct Box {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
  bool operator==(const Box&) const = default;
};

// The box of `image` resized to height × width; pixels outside the box do not contribute, as if it
// had been cropped first. Requires a non-empty box within the image.
Image resize(const Image& image, Box box, int height, int width,
             Interpolation interpolation = Interpolation::kBilinear);
Image resize(const Image& image, int height, int width,
             Interpolation interpolation = Interpolation::kBilinear);

// The same for a box whose edges may lie between pixels, as PIL's resize(box=...); of the resized
// picture only the part `wanted` is computed. Only for the antialiased interpolations.
struct RealBox {
  double top = 0;
  double left = 0;
  double height = 0;
  double width = 0;
};
Image resize(const Image& image, const RealBox& box, int height, int width, const Box& wanted,
             Interpolation interpolation);

// The height × width that make the shorter side `size` and keep the aspect ratio, the longer side
// rounded down as torchvision.transforms.Resize(int) does.
struct Size {
  int height = 0;
  int width = 0;
  bool operator==(const Size&) const = default;
};
Size shorter_side_size(int height, int width, int size);

// What the box covers; black where it reaches beyond the picture
// (torchvision.transforms.functional.crop).
Image crop(const Image& image, Box box);

// torchvision.transforms.CenterCrop: pads with black where the picture is smaller.
Image center_crop(const Image& image, int height, int width);

// What it takes from a picture of that size.
Box center_crop_box(Size image, int height, int width);

Image flip_horizontal(const Image& image);

// Turned by `degrees` counter-clockwise about the centre, same size, nearest neighbour, black
// corners (torchvision.transforms.functional.rotate's defaults on PIL pictures).
Image rotate(const Image& image, float degrees);

// EXIF orientation 1 to 8 undone, so that the picture stands upright; other values change nothing.
Image apply_orientation(Image image, int orientation);

}  // namespace engraft::image
