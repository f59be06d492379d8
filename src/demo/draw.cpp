#include "demo/draw.h"

#include <numbers>
#include <numeric>

namespace engraft::demo {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float clamped(float value, float low, float high) { return std::min(std::max(value, low), high); }

// An empty coverage over the part of the picture that the box meets.
Coverage cut_off(const image::Image& image, float left, float top, float right, float bottom) {
  const auto width = static_cast<float>(image.width);
  const auto height = static_cast<float>(image.height);
  Coverage coverage;
  coverage.left = static_cast<int>(std::floor(clamped(left, 0, width)));
  coverage.top = static_cast<int>(std::floor(clamped(top, 0, height)));
  coverage.width = static_cast<int>(std::ceil(clamped(right, 0, width))) - coverage.left;
  coverage.height = static_cast<int>(std::ceil(clamped(bottom, 0, height))) - coverage.top;
  if (coverage.width <= 0 || coverage.height <= 0) coverage.width = coverage.height = 0;
  coverage.values.resize(static_cast<std::size_t>(coverage.width) *
                         static_cast<std::size_t>(coverage.height));
  return coverage;
}

bool finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

// An edge changes, in each row it crosses, how much is covered of everything to its right: by the
// height it spans there, and in the pixels it passes through by what lies right of it. `change`
// holds width + 1 differences a row.
void add_edge(std::vector<float>& change, const Coverage& box, Point from, Point to) {
  const float sign = from.y < to.y ? 1.0F : -1.0F;
  if (sign < 0) std::swap(from, to);
  const auto height = static_cast<float>(box.height);
  const auto width = static_cast<float>(box.width);
  const float begin = clamped(from.y, 0, height);
  const float end = clamped(to.y, 0, height);
  if (!(begin < end)) return;
  const float slope = (to.x - from.x) / (to.y - from.y);
  for (int row = static_cast<int>(begin); static_cast<float>(row) < end; ++row) {
    const float y0 = std::max(begin, static_cast<float>(row));
    const float y1 = std::min(end, static_cast<float>(row + 1));
    const float xa = clamped(from.x + slope * (y0 - from.y), 0, width);
    const float xb = clamped(from.x + slope * (y1 - from.y), 0, width);
    const float x0 = std::min(xa, xb);
    const float x1 = std::max(xa, xb);
    float* cell =
        change.data() + static_cast<std::size_t>(row) * (static_cast<std::size_t>(box.width) + 2);
    const int last = static_cast<int>(x1);
    for (int column = static_cast<int>(x0); column <= last; ++column) {
      const float enter = std::max(x0, static_cast<float>(column));
      const float leave = std::min(x1, static_cast<float>(column + 1));
      const float share = x1 > x0 ? (leave - enter) / (x1 - x0) : 1.0F;
      const float spanned = sign * (y1 - y0) * share;
      const float inside = 0.5F * (enter + leave) - static_cast<float>(column);
      cell[column] += spanned * (1 - inside);
      cell[column + 1] += spanned * inside;
    }
  }
}

}  // namespace

Ink mix(Ink from, Ink to, float amount) {
  return {from.red + (to.red - from.red) * amount, from.green + (to.green - from.green) * amount,
          from.blue + (to.blue - from.blue) * amount,
          from.alpha + (to.alpha - from.alpha) * amount};
}

Ink scaled(Ink ink, float light) {
  return {ink.red * light, ink.green * light, ink.blue * light, ink.alpha};
}

Ink from_hsv(Hsv color) {
  const auto channel = [&](float offset) {
    const float turned = color.hue + offset;
    const float sector = (turned - std::floor(turned)) * 6;
    return color.value -
           color.value * color.saturation * clamped(std::min(sector, 4 - sector), 0, 1);
  };
  return {channel(5.0F / 6), channel(3.0F / 6), channel(1.0F / 6), 1};
}

float sine(float radians) {
  float turns = radians * (0.5F / kPi);
  turns -= std::floor(turns + 0.5F);  // in [-1/2, 1/2)
  if (turns > 0.25F) turns = 0.5F - turns;
  if (turns < -0.25F) turns = -0.5F - turns;
  const float x = turns * (2 * kPi);
  const float s = x * x;
  return x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110)))));
}

float cosine(float radians) { return sine(radians + 0.5F * kPi); }

Frame::Frame(Point origin, float angle, float scale_x, float scale_y)
    : origin_(origin),
      cosine_(cosine(angle)),
      sine_(sine(angle)),
      scale_x_(scale_x),
      scale_y_(scale_y) {}

Point Frame::to_picture(Point own) const {
  const float x = own.x * scale_x_;
  const float y = own.y * scale_y_;
  return {origin_.x + cosine_ * x - sine_ * y, origin_.y + sine_ * x + cosine_ * y};
}

Point Frame::to_own(Point picture) const {
  const float x = picture.x - origin_.x;
  const float y = picture.y - origin_.y;
  return {(cosine_ * x + sine_ * y) / scale_x_, (cosine_ * y - sine_ * x) / scale_y_};
}

float Frame::unit() const { return 0.5F * (std::abs(scale_x_) + std::abs(scale_y_)); }

float Coverage::area() const { return std::accumulate(values.begin(), values.end(), 0.0F); }

Coverage cover_polygon(const image::Image& image, std::span<const Point> corners) {
  if (corners.size() < 3 || !std::all_of(corners.begin(), corners.end(), finite)) return {};
  Point low = corners[0];
  Point high = corners[0];
  for (const Point p : corners) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  Coverage coverage = cut_off(image, low.x, low.y, high.x, high.y);
  const std::size_t stride = static_cast<std::size_t>(coverage.width) + 2;
  std::vector<float> change(stride * static_cast<std::size_t>(coverage.height));
  const auto left = static_cast<float>(coverage.left);
  const auto top = static_cast<float>(coverage.top);
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point from = corners[i];
    const Point to = corners[(i + 1) % corners.size()];
    add_edge(change, coverage, {from.x - left, from.y - top}, {to.x - left, to.y - top});
  }
  float* value = coverage.values.data();
  for (int y = 0; y < coverage.height; ++y) {
    float sum = 0;
    for (int x = 0; x < coverage.width; ++x, ++value) {
      sum += change[static_cast<std::size_t>(y) * stride + static_cast<std::size_t>(x)];
      *value = std::min(std::abs(sum), 1.0F);
    }
  }
  return coverage;
}

Coverage cover_ellipse(const image::Image& image, Point center, float radius_x, float radius_y,
                       float angle) {
  return cover_polygon(image, ellipse_outline(center, radius_x, radius_y, angle, 64));
}

Coverage cover_stroke(const image::Image& image, std::span<const Point> path, float width_from,
                      float width_to) {
  if (path.empty() || !std::all_of(path.begin(), path.end(), finite)) return {};
  const float reach = 0.5F * std::max(width_from, width_to) + 1;
  Point low = path[0];
  Point high = path[0];
  for (const Point p : path) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  Coverage coverage = cut_off(image, low.x - reach, low.y - reach, high.x + reach, high.y + reach);
  const std::size_t pieces = std::max<std::size_t>(path.size() - 1, 1);
  for (std::size_t i = 0; i < pieces; ++i) {
    const Point a = path[i];
    const Point b = path[std::min(i + 1, path.size() - 1)];
    const float dx = b.x - a.x;
    const float dy = b.y - a.y;
    const float squared = dx * dx + dy * dy;
    const Coverage box = cut_off(image, std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach,
                                 std::max(a.x, b.x) + reach, std::max(a.y, b.y) + reach);
    for (int y = box.top; y < box.top + box.height; ++y) {
      float* value = coverage.values.data() + static_cast<std::size_t>(y - coverage.top) *
                                                  static_cast<std::size_t>(coverage.width);
      for (int x = box.left; x < box.left + box.width; ++x) {
        const float px = static_cast<float>(x) + 0.5F - a.x;
        const float py = static_cast<float>(y) + 0.5F - a.y;
        const float along = squared > 0 ? clamped((px * dx + py * dy) / squared, 0, 1) : 0;
        const float ex = px - along * dx;
        const float ey = py - along * dy;
        const float progress = (static_cast<float>(i) + along) / static_cast<float>(pieces);
        const float width = width_from + (width_to - width_from) * progress;
        // A hair thinner than a pixel keeps its place and pales instead.
        const float edge =
            clamped(0.5F * std::max(width, 1.0F) + 0.5F - std::sqrt(ex * ex + ey * ey), 0, 1);
        float& there = value[x - coverage.left];
        there = std::max(there, edge * clamped(width, 0, 1));
      }
    }
  }
  return coverage;
}

void paint(image::Image& image, const Coverage& coverage, Ink ink) {
  paint_with(image, coverage, [&](Point) { return ink; });
}

std::vector<Point> ellipse_outline(Point center, float radius_x, float radius_y, float angle,
                                   int corners) {
  std::vector<Point> outline(static_cast<std::size_t>(corners));
  const Frame frame(center, angle, 1, 1);
  // Corners a little outside the ellipse, so that the polygon has the ellipse's area.
  const float step = 2 * kPi / static_cast<float>(corners);
  const float swell = std::sqrt(step / sine(step));
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const float at = step * static_cast<float>(i);
    outline[i] = frame.to_picture({radius_x * swell * cosine(at), radius_y * swell * sine(at)});
  }
  return outline;
}

std::vector<Point> smooth_path(std::span<const Point> through, int steps) {
  std::vector<Point> path;
  for (std::size_t i = 0; i + 1 < through.size(); ++i) {
    const Point p0 = through[i > 0 ? i - 1 : 0];
    const Point p1 = through[i];
    const Point p2 = through[i + 1];
    const Point p3 = through[std::min(i + 2, through.size() - 1)];
    for (int step = 0; step < steps; ++step) {
      const float t = static_cast<float>(step) / static_cast<float>(steps);
      const auto between = [t](float a, float b, float c, float d) {
        return 0.5F * (2 * b +
                       t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d))));
      };
      path.push_back({between(p0.x, p1.x, p2.x, p3.x), between(p0.y, p1.y, p2.y, p3.y)});
    }
  }
  if (!through.empty()) path.push_back(through.back());
  return path;
}

std::vector<Point> to_picture(const Frame& frame, std::span<const Point> own) {
  std::vector<Point> path;
  path.reserve(own.size());
  for (const Point p : own) path.push_back(frame.to_picture(p));
  return path;
}

Noise::Noise(base::Random& random) {
  for (float& height : heights_) height = random.uniform(-1, 1);
  std::iota(order_.begin(), order_.end(), std::uint8_t{0});
  for (std::size_t i = order_.size(); i > 1; --i) {
    std::swap(order_[i - 1], order_[random.bits() % i]);
  }
}

float Noise::at(float x, float y) const {
  // Beyond a million units the lattice no longer matters; cut off so that it always fits an int.
  x = clamped(x, -1e6F, 1e6F);
  y = clamped(y, -1e6F, 1e6F);
  const float fx = std::floor(x);
  const float fy = std::floor(y);
  const auto column = static_cast<unsigned>(static_cast<int>(fx));
  const auto row = static_cast<unsigned>(static_cast<int>(fy));
  const auto height = [&](unsigned c, unsigned r) {
    return heights_[order_[(order_[c & 255U] + r) & 255U]];
  };
  const auto ease = [](float t) { return t * t * (3 - 2 * t); };
  const float tx = ease(x - fx);
  const float ty = ease(y - fy);
  const float upper = height(column, row) * (1 - tx) + height(column + 1, row) * tx;
  const float lower = height(column, row + 1) * (1 - tx) + height(column + 1, row + 1) * tx;
  return upper * (1 - ty) + lower * ty;
}

float Noise::fractal(float x, float y, int octaves) const {
  float sum = 0;
  float weight = 0.5F;
  for (int i = 0; i < octaves; ++i) {
    sum += weight * at(x, y);
    weight *= 0.5F;
    // Twice as fine, and turned, so that the lattices of the octaves never line up.
    const float turned = 1.6F * x - 1.2F * y + 37.2F;
    y = 1.2F * x + 1.6F * y + 91.7F;
    x = turned;
  }
  return sum;
}

void blur(image::Image& image, float radius) {
  if (!(radius > 0.5F) || image.pixels.empty()) return;
  const int reach = static_cast<int>(std::min(std::ceil(radius), 256.0F)) - 1;
  std::vector<float> weights(static_cast<std::size_t>(2 * reach) + 1);
  float total = 0;
  for (int i = -reach; i <= reach; ++i) {
    const float distance = static_cast<float>(i) / radius;
    const float weight = 1 - distance * distance;
    weights[static_cast<std::size_t>(i + reach)] = weight * weight;
    total += weight * weight;
  }
  const auto pass = [&](int lines, int length, std::ptrdiff_t line_step, std::ptrdiff_t step) {
    std::vector<float> line(static_cast<std::size_t>(length + 2 * reach) * 3);
    std::vector<float> sums(static_cast<std::size_t>(length) * 3);
    for (int l = 0; l < lines; ++l) {
      std::uint8_t* start = image.pixels.data() + l * line_step;
      for (int i = -reach; i < length + reach; ++i) {
        const std::uint8_t* pixel = start + std::clamp(i, 0, length - 1) * step;
        for (int c = 0; c < 3; ++c) {
          line[static_cast<std::size_t>((i + reach) * 3 + c)] = static_cast<float>(pixel[c]);
        }
      }
      // Weight by weight over the whole line, so that the inner loop is a vector's.
      std::fill(sums.begin(), sums.end(), 0.0F);
      for (std::size_t k = 0; k < weights.size(); ++k) {
        const float* value = line.data() + 3 * k;
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weights[k] * value[i];
      }
      for (int i = 0; i < length; ++i) {
        for (int c = 0; c < 3; ++c) {
          start[i * step + c] =
              static_cast<std::uint8_t>(sums[static_cast<std::size_t>(3 * i + c)] / total + 0.5F);
        }
      }
    }
  };
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(image.width) * 3;
  pass(image.height, image.width, stride, 3);
  pass(image.width, image.height, 3, stride);
}

void adjust(image::Image& image, const Adjustment& adjustment) {
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    std::array<float, 3> value{};
    for (std::size_t c = 0; c < 3; ++c) value[c] = static_cast<float>(image.pixels[i + c]) / 255.0F;
    const float grey = 0.299F * value[0] + 0.587F * value[1] + 0.114F * value[2];
    for (std::size_t c = 0; c < 3; ++c) {
      const float colored = (grey + (value[c] - grey) * adjustment.saturation) * adjustment.gain[c];
      image.pixels[i + c] =
          to_pixel((colored - 0.5F) * adjustment.contrast + 0.5F + adjustment.brightness);
    }
  }
}

void slant_light(image::Image& image, float angle, float amount) {
  const float toward_x = cosine(angle) * 2 / static_cast<float>(std::max(image.width, 1));
  const float toward_y = sine(angle) * 2 / static_cast<float>(std::max(image.height, 1));
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* pixel = image.row(y);
    for (int x = 0; x < image.width; ++x) {
      const float dx = static_cast<float>(x) - 0.5F * static_cast<float>(image.width);
      const float dy = static_cast<float>(y) - 0.5F * static_cast<float>(image.height);
      const float light = 1 + amount * (dx * toward_x + dy * toward_y);
      for (int c = 0; c < 3; ++c, ++pixel) {
        *pixel = to_pixel(static_cast<float>(*pixel) / 255.0F * light);
      }
    }
  }
}

void add_grain(image::Image& image, float amount, base::Random& random) {
  // Four bytes of one draw add up to a bell shape whose standard deviation is 147.8 of 1020.
  const float scale = amount * 255.0F / 147.8F;
  for (std::uint8_t& value : image.pixels) {
    const std::uint32_t word = random.bits();
    const auto sum = static_cast<float>((word & 255U) + (word >> 8 & 255U) + (word >> 16 & 255U) +
                                        (word >> 24)) -
                     510.0F;
    value = static_cast<std::uint8_t>(
        std::clamp(static_cast<float>(value) + sum * scale + 0.5F, 0.0F, 255.0F));
  }
}

}  // namespace engraft::demo
