#include "figures.h"

#include <initializer_list>
#include <numbers>
#include <vector>

namespace engraft {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
using Path = std::vector<Point>;

// A closed curve whose distance from the middle is radius(angle).
template <class Radius>
Path polar(Radius radius, int corners = 72) {
  Path path(static_cast<std::size_t>(corners));
  for (std::size_t i = 0; i < path.size(); ++i) {
    const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(corners);
    const float r = radius(at);
    path[i] = {r * cosine(at), r * sine(at)};
  }
  return path;
}

Path regular(int corners) {
  return polar([](float) { return 1.0F; }, corners);
}

Path star(int points, float inner) {
  Path path(static_cast<std::size_t>(2 * points));
  for (std::size_t i = 0; i < path.size(); ++i) {
    const float at = kPi * static_cast<float>(i) / static_cast<float>(points);
    const float r = i % 2 == 0 ? 1 : inner;
    path[i] = {r * cosine(at), r * sine(at)};
  }
  return path;
}

Path mirrored(std::initializer_list<Point> upper) {  // the same below, in reverse
  Path path(upper);
  for (auto p = std::rbegin(upper); p != std::rend(upper); ++p) path.push_back({p->x, -p->y});
  return path;
}

Path rounded(Path path) {
  path.push_back(path.front());
  return smooth_path(path, 4);
}

// A figure is a set of filled outlines and of strokes; both carry the surface.
struct Parts {
  std::vector<Path> outlines;
  struct Stroke {
    Path path;
    float from;
    float to;
  };
  std::vector<Stroke> strokes;
  bool solid = false;  // the outlines are ellipses to be shaded one by one
};

void grow_branches(Parts& parts, Random& random, Point from, float angle, float length, int depth) {
  const Point to{from.x + length * cosine(angle), from.y + length * sine(angle)};
  const float thick = 0.05F + 0.05F * static_cast<float>(depth);
  parts.strokes.push_back({{from, to}, thick, thick * 0.7F});
  if (depth == 0) return;
  for (const float side : {-1.0F, 1.0F}) {
    const float turned = angle + side * random.uniform(0.25F, 0.75F);
    grow_branches(parts, random, to, turned, length * random.uniform(0.6F, 0.8F), depth - 1);
  }
}

Path line_through(int points, Random& random, float low_y, float high_y, bool alternate) {
  Path path;
  for (int i = 0; i < points; ++i) {
    const float x = -1 + 2 * static_cast<float>(i) / static_cast<float>(points - 1);
    const float y = alternate ? (i % 2 == 0 ? low_y : high_y) : random.uniform(low_y, high_y);
    path.push_back({x, y});
  }
  return path;
}

Parts plane_figure(Figure figure, Random& random) {
  const auto outline = [](Path path) {
    Parts parts;
    parts.outlines.push_back(std::move(path));
    return parts;
  };
  const auto count = [&](int low, int high) {
    return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
  };
  switch (figure) {
    case Figure::kDisc:
      return outline(regular(48));
    case Figure::kOval:
      return outline(ellipse_outline({}, 1, random.uniform(0.5F, 0.7F), 0));
    case Figure::kPod:
      return outline(ellipse_outline({}, 1, random.uniform(0.2F, 0.32F), 0));
    case Figure::kTriangle:
      return outline(regular(3));
    case Figure::kSquare:
      return outline(regular(4));
    case Figure::kBar: {
      const float h = random.uniform(0.15F, 0.35F);
      return outline({{-1, -h}, {1, -h}, {1, h}, {-1, h}});
    }
    case Figure::kPentagon:
      return outline(regular(5));
    case Figure::kHexagon:
      return outline(regular(6));
    case Figure::kStar4:
      return outline(star(4, random.uniform(0.25F, 0.45F)));
    case Figure::kStar5:
      return outline(star(5, random.uniform(0.35F, 0.5F)));
    case Figure::kStar6:
      return outline(star(6, random.uniform(0.45F, 0.6F)));
    case Figure::kBurst:
      return outline(star(count(10, 18), random.uniform(0.5F, 0.75F)));
    case Figure::kCross: {
      const float w = random.uniform(0.15F, 0.35F);
      return outline({{-w, -1},
                      {w, -1},
                      {w, -w},
                      {1, -w},
                      {1, w},
                      {w, w},
                      {w, 1},
                      {-w, 1},
                      {-w, w},
                      {-1, w},
                      {-1, -w},
                      {-w, -w}});
    }
    case Figure::kCrescent: {
      Path path;
      const float bite = random.uniform(0.45F, 0.75F);
      for (int i = 0; i <= 24; ++i) {
        const float at = kPi * (0.5F + static_cast<float>(i) / 24);
        path.push_back({cosine(at), sine(at)});
      }
      for (int i = 24; i >= 0; --i) {
        const float at = kPi * (0.5F + static_cast<float>(i) / 24);
        path.push_back({(1 - bite) * cosine(at), sine(at)});
      }
      return outline(path);
    }
    case Figure::kHeart:
      return outline(rounded(mirrored({{-0.55F, 0},
                                       {-0.9F, 0.35F},
                                       {-0.75F, 0.75F},
                                       {-0.35F, 0.85F},
                                       {0.3F, 0.5F},
                                       {1, 0.02F}})));
    case Figure::kDrop:
      return outline(polar([](float at) {
        const float point = std::max(0.0F, cosine(at));
        return 0.55F + 0.45F * point * point * point * point * point * point;
      }));
    case Figure::kLobedLeaf: {
      const auto lobes = static_cast<float>(count(5, 9));
      return outline(polar(
          [&](float at) { return (0.6F + 0.25F * cosine(at)) * (1 + 0.22F * sine(lobes * at)); }));
    }
    case Figure::kFlower: {
      const auto petals = static_cast<float>(count(4, 7)) / 2;
      return outline(
          polar([&](float at) { return 0.4F + 0.6F * std::abs(sine(petals * at)); }, 120));
    }
    case Figure::kTulip:
      return outline(rounded(mirrored({{-1, 0.1F},
                                       {-0.8F, 0.5F},
                                       {-0.2F, 0.62F},
                                       {0.9F, 0.6F},
                                       {0.35F, 0.3F},
                                       {0.95F, 0.02F}})));
    case Figure::kMushroom:
      return outline({{-0.2F, 1},
                      {-0.15F, 0.1F},
                      {-0.9F, 0.1F},
                      {-0.75F, -0.4F},
                      {-0.35F, -0.75F},
                      {0, -0.82F},
                      {0.35F, -0.75F},
                      {0.75F, -0.4F},
                      {0.9F, 0.1F},
                      {0.15F, 0.1F},
                      {0.2F, 1}});
    case Figure::kFish: {
      Parts parts = outline(ellipse_outline({0.2F, 0}, 0.8F, random.uniform(0.3F, 0.5F), 0));
      parts.outlines.push_back({{-0.45F, 0}, {-1, -0.5F}, {-0.85F, 0}, {-1, 0.5F}});
      parts.outlines.push_back({{0.35F, -0.3F}, {-0.1F, -0.75F}, {-0.15F, -0.25F}});
      return parts;
    }
    case Figure::kBird: {
      Parts parts = outline(ellipse_outline({0, 0.1F}, 0.55F, 0.32F, -0.2F));
      parts.outlines.push_back(ellipse_outline({0.5F, -0.25F}, 0.22F, 0.22F, 0));
      parts.outlines.push_back({{0.68F, -0.33F}, {1, -0.2F}, {0.68F, -0.15F}});
      parts.outlines.push_back({{-0.4F, 0.05F}, {-1, 0.2F}, {-0.95F, 0.42F}, {-0.3F, 0.3F}});
      parts.strokes.push_back({{{0, 0.35F}, {0.05F, 0.85F}}, 0.06F, 0.05F});
      return parts;
    }
    case Figure::kBottle:
      return outline(mirrored({{-1, 0.35F}, {0.15F, 0.35F}, {0.45F, 0.13F}, {1, 0.13F}}));
    case Figure::kHouse:
      return outline({{-0.7F, 0.8F},
                      {-0.7F, -0.1F},
                      {-1, -0.1F},
                      {0, -0.9F},
                      {1, -0.1F},
                      {0.7F, -0.1F},
                      {0.7F, 0.8F}});
    case Figure::kArrow:
      return outline(mirrored({{-1, 0.15F}, {0.2F, 0.15F}, {0.2F, 0.5F}, {1, 0.0F}}));
    case Figure::kBolt:
      return outline({{-0.1F, -1},
                      {0.5F, -1},
                      {0.15F, -0.2F},
                      {0.6F, -0.2F},
                      {-0.35F, 1},
                      {-0.05F, 0.1F},
                      {-0.5F, 0.1F}});
    case Figure::kGear: {
      const int teeth = count(7, 12);
      Path path;
      for (int i = 0; i < 4 * teeth; ++i) {
        const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(4 * teeth);
        const float r = i % 4 < 2 ? 1 : 0.75F;
        path.push_back({r * cosine(at), r * sine(at)});
      }
      return outline(path);
    }
    case Figure::kStarfish: {
      const auto arms = static_cast<float>(count(5, 6));
      return outline(rounded(polar(
          [&](float at) {
            const float c = 0.5F + 0.5F * cosine(arms * at);
            return 0.3F + 0.7F * c * c;
          },
          60)));
    }
    case Figure::kShell:
      return outline(polar([](float at) {
        return std::abs(at - kPi) < 0.7F ? 0.55F : 0.9F + 0.1F * std::abs(sine(5 * at));
      }));
    default:
      return outline(regular(48));
  }
}

Parts composed_figure(Figure figure, Random& random) {
  Parts parts;
  const auto ray = [](float at, float from, float to) {
    return Path{{from * cosine(at), from * sine(at)}, {to * cosine(at), to * sine(at)}};
  };
  const auto ring = [](float r) {
    Path path = ellipse_outline({}, r, r, 0);
    path.push_back(path.front());
    return path;
  };
  switch (figure) {
    case Figure::kRing: {
      const float thick = random.uniform(0.12F, 0.4F);
      parts.strokes.push_back({ring(1 - thick / 2), thick, thick});
      break;
    }
    case Figure::kDaisy: {
      const int petals = 9 + static_cast<int>(random.below(8));
      for (int i = 0; i < petals; ++i) {
        const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(petals);
        parts.outlines.push_back(
            ellipse_outline({0.62F * cosine(at), 0.62F * sine(at)}, 0.38F, 0.11F, at, 16));
      }
      parts.outlines.push_back(ellipse_outline({}, 0.27F, 0.27F, 0));
      break;
    }
    case Figure::kFeather: {
      parts.strokes.push_back({{{-1, 0}, {1, 0}}, 0.07F, 0.03F});
      for (int i = 0; i < 16; ++i) {
        const float x = -0.6F + 0.1F * static_cast<float>(i);
        const float reach = 0.36F * std::sqrt(std::max(0.02F, 1 - x * x)) + 0.03F;
        for (const float side : {-1.0F, 1.0F}) {
          parts.strokes.push_back({{{x, 0}, {x + 0.2F, side * reach}}, 0.06F, 0.03F});
        }
      }
      break;
    }
    case Figure::kSpiral: {
      const float turns = random.uniform(2, 3.5F);
      Path path;
      for (int i = 0; i <= 70; ++i) {
        const float t = static_cast<float>(i) / 70;
        const float at = 2 * kPi * turns * t;
        path.push_back({t * 0.9F * cosine(at), t * 0.9F * sine(at)});
      }
      const float thick = random.uniform(0.08F, 0.18F);
      parts.strokes.push_back({path, thick, thick});
      break;
    }
    case Figure::kTree:
      grow_branches(parts, random, {-1, 0}, 0, 0.65F, 4);
      break;
    case Figure::kFern: {
      parts.strokes.push_back({{{-1, 0}, {1, 0}}, 0.07F, 0.03F});
      for (int i = 0; i < 8; ++i) {
        const float x = -0.7F + 0.2F * static_cast<float>(i);
        const float reach = 0.4F * (1.1F - 0.1F * static_cast<float>(i));
        for (const float side : {-1.0F, 1.0F}) {
          parts.outlines.push_back(ellipse_outline({x + 0.1F, side * reach * 0.55F}, reach * 0.5F,
                                                   0.08F, side * 1.2F, 16));
        }
      }
      break;
    }
    case Figure::kMesh: {
      const int lines = 3 + static_cast<int>(random.below(3));
      const float thick = random.uniform(0.05F, 0.12F);
      for (int i = 0; i < lines; ++i) {
        const float at = -0.9F + 1.8F * static_cast<float>(i) / static_cast<float>(lines - 1);
        parts.strokes.push_back({{{-1, at}, {1, at}}, thick, thick});
        parts.strokes.push_back({{{at, -1}, {at, 1}}, thick, thick});
      }
      break;
    }
    case Figure::kZigzag: {
      const float high = random.uniform(0.25F, 0.5F);
      const float thick = random.uniform(0.1F, 0.2F);
      const int points = 5 + static_cast<int>(random.below(4));
      parts.strokes.push_back({line_through(points, random, -high, high, true), thick, thick});
      break;
    }
    case Figure::kWave: {
      const float high = random.uniform(0.25F, 0.5F);
      const float thick = random.uniform(0.1F, 0.2F);
      const int points = 5 + static_cast<int>(random.below(4));
      parts.strokes.push_back(
          {smooth_path(line_through(points, random, -high, high, true)), thick, thick});
      break;
    }
    case Figure::kWheel: {
      const int spokes = 4 + static_cast<int>(random.below(7));
      parts.strokes.push_back({ring(0.9F), 0.16F, 0.16F});
      for (int i = 0; i < spokes; ++i) {
        const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(spokes);
        parts.strokes.push_back({ray(at, 0, 0.9F), 0.08F, 0.08F});
      }
      break;
    }
    case Figure::kKey:
      parts.strokes.push_back({ellipse_outline({-0.65F, 0}, 0.28F, 0.28F, 0, 24), 0.14F, 0.14F});
      parts.strokes.push_back({{{-0.38F, 0}, {1, 0}}, 0.14F, 0.14F});
      parts.strokes.push_back({{{0.9F, 0}, {0.9F, 0.35F}}, 0.12F, 0.12F});
      parts.strokes.push_back({{{0.6F, 0}, {0.6F, 0.28F}}, 0.12F, 0.12F});
      break;
    case Figure::kCup:
      parts.outlines.push_back({{-0.7F, -0.7F}, {0.45F, -0.7F}, {0.35F, 0.7F}, {-0.6F, 0.7F}});
      parts.strokes.push_back(
          {smooth_path(Path{{0.42F, -0.4F}, {0.85F, -0.35F}, {0.85F, 0.15F}, {0.38F, 0.3F}}), 0.13F,
           0.13F});
      break;
    case Figure::kJellyfish: {
      Path dome;
      for (int i = 0; i <= 24; ++i) {
        const float at = kPi * (1 + static_cast<float>(i) / 24);
        dome.push_back({0.75F * cosine(at), 0.8F * sine(at)});
      }
      parts.outlines.push_back(dome);
      for (int i = 0; i < 6; ++i) {
        const float x = -0.6F + 0.24F * static_cast<float>(i);
        const float sway = random.uniform(-0.2F, 0.2F);
        parts.strokes.push_back(
            {smooth_path(Path{{x, 0}, {x + sway, 0.35F}, {x - sway, 0.7F}, {x, 1}}), 0.08F, 0.03F});
      }
      break;
    }
    case Figure::kGlyph: {
      const int strokes = 2 + static_cast<int>(random.below(3));
      const float thick = random.uniform(0.12F, 0.22F);
      for (int i = 0; i < strokes; ++i) {
        Path path;
        for (int p = 0; p < 3; ++p) {
          path.push_back({static_cast<float>(random.below(3)) * 0.8F - 0.8F,
                          static_cast<float>(random.below(3)) * 0.8F - 0.8F});
        }
        if (random.chance(0.5F)) path = smooth_path(path);
        parts.strokes.push_back({path, thick, thick});
      }
      break;
    }
    case Figure::kCactus:
      parts.strokes.push_back({{{0, 0.9F}, {0, -0.8F}}, 0.34F, 0.34F});
      parts.strokes.push_back({{{0, 0.2F}, {-0.6F, 0.2F}, {-0.6F, -0.35F}}, 0.22F, 0.22F});
      parts.strokes.push_back({{{0, 0.0F}, {0.6F, 0.0F}, {0.6F, -0.5F}}, 0.22F, 0.22F});
      break;
    case Figure::kChain2:
    case Figure::kChain3:
    case Figure::kChain4: {
      const int links = 2 + static_cast<int>(figure) - static_cast<int>(Figure::kChain2);
      std::vector<float> radii;
      float total = 0;
      for (int i = 0; i < links; ++i) {
        radii.push_back(random.uniform(0.5F, 1));
        total += radii.back();
      }
      float x = -1;
      const float flat = random.uniform(0.6F, 1);
      for (const float r : radii) {
        const float own = r / total;
        parts.outlines.push_back(
            ellipse_outline({x + own, random.uniform(-0.08F, 0.08F)}, own * 1.08F,
                            own * flat * std::sqrt(static_cast<float>(links)) * 0.8F, 0, 28));
        x += 2 * own;
      }
      break;
    }
    default:
      break;
  }
  return parts;
}

Parts parts_of(Figure figure, Random& random) {
  Parts parts = composed_figure(figure, random);
  if (figure == Figure::kLeaf) {
    parts.outlines.push_back(polar([](float at) {
      const float c = cosine(at);
      const float s = sine(at);
      return 1 / (std::abs(c) + 2.2F * std::abs(s));
    }));
    for (Point& p : parts.outlines.back()) p.y *= 1.5F - 0.6F * std::abs(p.x);
  }
  return parts.outlines.empty() && parts.strokes.empty() ? plane_figure(figure, random) : parts;
}

// The surface's ink at a place of the figure. Light comes from the upper left of the picture.
class Coating {
 public:
  Coating(const Look& look, const Frame& frame, Random& random)
      : look_(look),
        frame_(frame),
        noise_(random),
        turn_cos_(1),
        turn_sin_(0),
        share_(random.uniform(0.3F, 0.6F)),
        relief_(random.uniform(0.1F, 0.5F)) {
    const float turn = look.surface == Surface::kChecks ? random.uniform(0, kPi) : 0;
    turn_cos_ = cosine(turn);
    turn_sin_ = sine(turn);
    origin_ = frame.to_picture({});
  }

  Ink operator()(Point at) const {
    const Point own = frame_.to_own(at);
    const float unit = frame_.unit();
    const float slope = ((at.x - origin_.x) + 1.2F * (at.y - origin_.y)) / unit;
    const float far = own.x * own.x + own.y * own.y;
    const float shade = 1 - relief_ * 0.5F * slope - relief_ * 0.4F * far;
    return scaled(pattern(own, slope, far), look_.surface == Surface::kPlain ? 1 : shade);
  }

 private:
  Ink pattern(Point own, float slope, float far) const {
    const float f = look_.fine;
    switch (look_.surface) {
      case Surface::kPlain:
      case Surface::kShaded:
      case Surface::kFur:
        return look_.ink;
      case Surface::kGlossy: {
        const float shine = std::max(0.0F, 1 - far * 0.6F - std::abs(slope + 0.5F) * 2.2F);
        return mix(look_.ink, {1, 1, 1, look_.ink.alpha}, 0.9F * shine);
      }
      case Surface::kBands:
        return two(wave(own.x * f + 0.2F * own.y * own.y));
      case Surface::kStripes:
        return two(wave(own.y * f * 1.3F));
      case Surface::kSpots: {
        const float row = std::floor(own.y * f * 1.4F);
        const float shift = row - 2 * std::floor(row / 2) > 0.5F ? 0.5F : 0.0F;
        const float dx = own.x * f * 1.4F + shift;
        const float px = dx - std::floor(dx) - 0.5F;
        const float py = own.y * f * 1.4F - row - 0.5F;
        return two(2 * (0.34F * share_ * 2 - std::sqrt(px * px + py * py)));
      }
      case Surface::kSpeckles:
        return two(noise_.at(own.x * f * 6, own.y * f * 6) - 0.35F);
      case Surface::kChecks: {
        const float x = turn_cos_ * own.x - turn_sin_ * own.y;
        const float y = turn_sin_ * own.x + turn_cos_ * own.y;
        return two(4 * sine(x * f * kPi * 1.4F) * sine(y * f * kPi * 1.4F));
      }
      case Surface::kMottled:
        return mix(look_.ink, look_.second,
                   std::clamp(0.5F + 1.3F * noise_.fractal(own.x * f, own.y * f, 3), 0.0F, 1.0F));
      case Surface::kRings:
        return two(wave(std::sqrt(far) * f));
      case Surface::kVeins: {
        const float side = std::abs(own.y);
        const float phase = (own.x - side) * f * 1.2F;
        const float across = std::abs(phase - std::floor(phase) - 0.5F);
        return two(std::max(3 * (0.06F - side), 0.1F - across) * 3);
      }
    }
    return look_.ink;
  }

  float wave(float periods) const {
    const float phase = periods - std::floor(periods);
    return 2 * (0.5F * share_ - std::abs(phase - 0.5F));
  }

  // Which of the two inks: the second where `inside` is positive, with a soft edge.
  Ink two(float inside) const {
    const float soft = 0.25F * frame_.unit() / std::max(look_.fine, 1.0F);
    return mix(look_.ink, look_.second, std::clamp(0.5F + inside * soft, 0.0F, 1.0F));
  }

  const Look& look_;
  const Frame& frame_;
  Noise noise_;
  float turn_cos_;
  float turn_sin_;
  float share_;
  float relief_;
  Point origin_;
};

void draw_limbs(Image& image, const Frame& frame, const Look& look, Random& random) {
  const float thick = random.uniform(0.04F, 0.13F);
  const Ink ink = scaled(look.second, random.uniform(0.5F, 1));
  const int count = look.limbs == Limbs::kFringe ? 26 : look.limb_count;
  const float start = random.uniform(0, 2 * kPi);
  const float reach = random.uniform(1.3F, 1.9F);
  for (int i = 0; i < count; ++i) {
    const float jitter = random.uniform(-0.15F, 0.15F);
    const float at = start + 2 * kPi * (static_cast<float>(i) + jitter) / static_cast<float>(count);
    const auto place = [&](float far, float aside) {
      return frame.to_picture({far * cosine(at + aside), far * sine(at + aside)});
    };
    const float bend = random.uniform(0.25F, 0.6F) * (random.chance(0.5F) ? 1.0F : -1.0F);
    const float unit = frame.unit();
    Path path{place(0, 0), place(reach, 0)};
    switch (look.limbs) {
      case Limbs::kJointed:
        path = {place(0, 0), place(0.7F * reach, bend), place(reach, 0)};
        break;
      case Limbs::kCurved:
        path =
            smooth_path(Path{place(0, 0), place(0.6F * reach, bend), place(reach, -bend * 0.5F)});
        break;
      case Limbs::kFringe:
        path = {place(0.3F, 0), place(1.15F, bend * 0.4F)};
        break;
      case Limbs::kLobes: {
        const Point middle = place(0.85F, 0);
        paint(image, cover_ellipse(image, middle, 0.3F * unit, 0.2F * unit, at), ink);
        continue;
      }
      case Limbs::kVeils: {
        Ink veil = mix(ink, {0.9F, 0.92F, 0.95F, 1}, 0.7F);
        veil.alpha = random.uniform(0.25F, 0.55F);
        const Point middle = place(0.9F, 0);
        const Point tip = place(1.8F, 0);
        const Point root = place(0, 0);
        const float dx = 0.5F * (tip.x - root.x);
        const float dy = 0.5F * (tip.y - root.y);
        const Frame along{middle, 0, 1, 1};
        Path outline;
        for (int p = 0; p < 24; ++p) {
          const float turn = 2 * kPi * static_cast<float>(p) / 24;
          const float wide = 0.35F * sine(turn);
          outline.push_back(
              along.to_picture({dx * cosine(turn) - dy * wide, dy * cosine(turn) + dx * wide}));
        }
        paint(image, cover_polygon(image, outline), veil);
        continue;
      }
      default:
        break;
    }
    const float width = (look.limbs == Limbs::kFringe ? 0.4F * thick : thick) * unit;
    paint(image, cover_stroke(image, path, width, width * 0.6F), ink);
  }
}

void draw_fur(Image& image, const Frame& frame, const Parts& parts, Ink ink, Random& random) {
  for (const Path& outline : parts.outlines) {
    Point middle;
    for (const Point p : outline) {
      middle.x += p.x / static_cast<float>(outline.size());
      middle.y += p.y / static_cast<float>(outline.size());
    }
    const int hairs = parts.outlines.size() > 4 ? 15 : 90;
    for (int i = 0; i < hairs; ++i) {
      const Point rim = outline[random.below(outline.size())];
      const float out = std::sqrt(random.uniform());
      const float reach = out + random.uniform(0.12F, 0.3F);
      const float aside = random.uniform(-0.1F, 0.1F);
      const float dx = rim.x - middle.x;
      const float dy = rim.y - middle.y;
      Ink hair = scaled(ink, random.uniform(0.55F, 1.4F));
      hair.alpha = 0.7F;
      const Path path{frame.to_picture({middle.x + out * dx, middle.y + out * dy}),
                      frame.to_picture({middle.x + reach * (dx - aside * dy),
                                        middle.y + reach * (dy + aside * dx)})};
      paint(image, cover_stroke(image, path, 1.3F, 0.7F), hair);
    }
  }
}

}  // namespace

void draw_figure(Image& image, const Frame& frame, const Look& look, Random& random) {
  if (look.limbs != Limbs::kNone) draw_limbs(image, frame, look, random);
  const Parts parts = parts_of(look.figure, random);
  const Coating coating(look, frame, random);
  for (const Path& outline : parts.outlines) {
    paint_with(image, cover_polygon(image, to_picture(frame, outline)), coating);
  }
  for (const auto& [path, from, to] : parts.strokes) {
    paint_with(image,
               cover_stroke(image, to_picture(frame, path), from * frame.unit(), to * frame.unit()),
               coating);
  }
  if (look.surface == Surface::kFur) draw_fur(image, frame, parts, look.ink, random);
}

}  // namespace engraft
