// Anti-aliased drawing: polygons, ellipses and strokes become a coverage mask, which is painted
// with a flat ink or with a function of place. It exists for the pictures that the program draws
// itself (the demo's dataset, what the embedded network was pretrained on), so every result is a
// function of the arguments alone: sines are our own, and randomness comes from base/random.h.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "image/image.h"

namespace engraft::demo {

// A place in pixels: x to the right, y downwards; pixel (row 0, column 0) has its centre at
// (0.5, 0.5).
struct Point {
  float x = 0;
  float y = 0;
};

// A colour in [0, 1] (values beyond are cut off when painted) and how much of it is laid on.
struct Ink {
  float red = 0;
  float green = 0;
  float blue = 0;
  float alpha = 1;
};

Ink mix(Ink from, Ink to, float amount);  // amount 0 gives from, 1 gives to
Ink scaled(Ink ink, float light);         // the colour times light, alpha kept

struct Hsv {
  float hue = 0;  // in turns, wraps around: 0 red, 1/3 green, 2/3 blue
  float saturation = 0;
  float value = 0;
};
Ink from_hsv(Hsv color);

// Within 1e-5 of std::sin and std::cos for |radians| < 1000, and the same bits on every machine.
float sine(float radians);
float cosine(float radians);

// Where a figure's own coordinates lie in the picture: scaled along its axes, turned, moved.
class Frame {
 public:
  // A negative scale mirrors. Requires scales other than 0.
  Frame(Point origin, float angle, float scale_x, float scale_y);

  Point to_picture(Point own) const;
  Point to_own(Point picture) const;
  float unit() const;  // pixels in one own unit, the mean of both axes

 private:
  Point origin_;
  float cosine_;
  float sine_;
  float scale_x_;
  float scale_y_;
};

// How much of each pixel in a rectangle of the picture is covered, 0 to 1.
struct Coverage {
  int left = 0;
  int top = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;  // height × width

  float area() const;  // in pixels
};

// The three take the picture only for its extent: what lies outside is cut off. Points that are
// not finite cover nothing.
Coverage cover_polygon(const image::Image& image, std::span<const Point> corners);
Coverage cover_ellipse(const image::Image& image, Point center, float radius_x, float radius_y,
                       float angle = 0);
// A path with round ends and joints whose width runs from one value to another.
Coverage cover_stroke(const image::Image& image, std::span<const Point> path, float width_from,
                      float width_to);

// Lays ink over the picture where the coverage says.
void paint(image::Image& image, const Coverage& coverage, Ink ink);

// The same with an ink that shader(Point) gives for each pixel's centre.
template <class Shader>
void paint_with(image::Image& image, const Coverage& coverage, Shader&& shader);

// An ellipsoid seen from above: outline in the frame's units, shaded by a light from the upper
// left (in the picture), with a highlight of strength `gloss`. skin(u, v) gives the ink at a place
// of the unit disc.
struct Solid {
  Point center{};
  float radius_x = 1;
  float radius_y = 1;
  float angle = 0;
  float gloss = 0.3F;
};
template <class Skin>
void paint_solid(image::Image& image, const Frame& frame, const Solid& solid, Skin&& skin);

// The outline of an ellipse, and a smooth path through points (Catmull-Rom, `steps` to a piece).
std::vector<Point> ellipse_outline(Point center, float radius_x, float radius_y, float angle,
                                   int corners = 40);
std::vector<Point> smooth_path(std::span<const Point> through, int steps = 6);
std::vector<Point> to_picture(const Frame& frame, std::span<const Point> own);

// Value noise: a random height at each lattice point, smoothly joined.
class Noise {
 public:
  explicit Noise(base::Random& random);
  float at(float x, float y) const;                    // in [-1, 1], features of size 1
  float fractal(float x, float y, int octaves) const;  // 1/f: each octave finer and weaker

 private:
  std::array<float, 256> heights_;
  std::array<std::uint8_t, 256> order_;
};

// Every pixel from shader(Point), without blending.
template <class Shader>
void fill_with(image::Image& image, Shader&& shader);

// Replaces each pixel by a weighted mean of those within `radius` pixels (a biweight window, close
// to a Gaussian with standard deviation 0.38 × radius). Under half a pixel nothing changes.
void blur(image::Image& image, float radius);

// value -> (value - 1/2) × contrast × gain + 1/2 + brightness, channel by channel, after the
// colours have been moved away from grey by `saturation`.
struct Adjustment {
  float brightness = 0;
  float contrast = 1;
  float saturation = 1;
  std::array<float, 3> gain{1, 1, 1};  // white balance
};
void adjust(image::Image& image, const Adjustment& adjustment);

// Light that changes across the picture, from 1 - amount to 1 + amount in the direction of angle.
void slant_light(image::Image& image, float angle, float amount);

// Adds bell-shaped noise with standard deviation `amount` (of 1), like a sensor's.
void add_grain(image::Image& image, float amount, base::Random& random);

// What follows is how the templates work.

inline std::uint8_t to_pixel(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 1.0F) * 255.0F + 0.5F);
}

inline void lay(std::uint8_t* pixel, Ink ink, float coverage) {
  const float amount = std::clamp(ink.alpha * coverage, 0.0F, 1.0F);
  const std::array<float, 3> color{ink.red, ink.green, ink.blue};
  for (std::size_t c = 0; c < 3; ++c) {
    const float under = static_cast<float>(pixel[c]) / 255.0F;
    pixel[c] = to_pixel(under + (color[c] - under) * amount);
  }
}

template <class Shader>
void paint_with(image::Image& image, const Coverage& coverage, Shader&& shader) {
  const float* value = coverage.values.data();
  for (int y = 0; y < coverage.height; ++y) {
    std::uint8_t* pixel = image.row(coverage.top + y) + coverage.left * 3;
    for (int x = 0; x < coverage.width; ++x, ++value, pixel += 3) {
      if (*value <= 0) continue;
      const Point at{static_cast<float>(coverage.left + x) + 0.5F,
                     static_cast<float>(coverage.top + y) + 0.5F};
      lay(pixel, shader(at), *value);
    }
  }
}

template <class Shader>
void fill_with(image::Image& image, Shader&& shader) {
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* pixel = image.row(y);
    for (int x = 0; x < image.width; ++x, pixel += 3) {
      const Ink ink = shader(Point{static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F});
      pixel[0] = to_pixel(ink.red);
      pixel[1] = to_pixel(ink.green);
      pixel[2] = to_pixel(ink.blue);
    }
  }
}

template <class Skin>
void paint_solid(image::Image& image, const Frame& frame, const Solid& solid, Skin&& skin) {
  const auto outline =
      to_picture(frame, ellipse_outline(solid.center, solid.radius_x, solid.radius_y, solid.angle));
  const float turn_x = cosine(solid.angle);
  const float turn_y = sine(solid.angle);
  // The light's direction in the ellipse's own axes: what a step to the upper left comes to there.
  const Point center = frame.to_picture(solid.center);
  const Point lit = frame.to_own({center.x - 1, center.y - 1.4F});
  const Point toward{lit.x - solid.center.x, lit.y - solid.center.y};
  Point light{toward.x * turn_x + toward.y * turn_y, toward.y * turn_x - toward.x * turn_y};
  const float length = std::sqrt(light.x * light.x + light.y * light.y);
  light = {0.62F * light.x / length, 0.62F * light.y / length};  // and 0.78 towards the viewer
  paint_with(image, cover_polygon(image, outline), [&](Point at) {
    const Point own = frame.to_own(at);
    const float dx = own.x - solid.center.x;
    const float dy = own.y - solid.center.y;
    const float u = (dx * turn_x + dy * turn_y) / solid.radius_x;
    const float v = (dy * turn_x - dx * turn_y) / solid.radius_y;
    const float z = std::sqrt(std::max(0.0F, 1 - u * u - v * v));
    const float facing = std::max(0.0F, u * light.x + v * light.y + 0.78F * z);
    float shine = std::max(0.0F, u * light.x * 0.55F + v * light.y * 0.55F + 0.94F * z);
    for (int i = 0; i < 5; ++i) shine *= shine;  // to the power of 32
    Ink ink = scaled(skin(u, v), 0.38F + 0.75F * facing);
    return mix(ink, Ink{1, 1, 1, ink.alpha}, std::min(1.0F, solid.gloss * shine));
  });
}

}  // namespace engraft::demo
