#include <cmath>
#include <initializer_list>
#include <numbers>

#include "figure_parts.h"

namespace engraft::sprout {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

void grow_branches(Parts& parts, base::Random& random, demo::Point from, float angle, float length,
                   int depth) {
  const demo::Point to{from.x + length * demo::cosine(angle), from.y + length * demo::sine(angle)};
  const float thick = 0.05F + 0.05F * static_cast<float>(depth);
  parts.strokes.push_back({{from, to}, thick, thick * 0.7F});
  if (depth == 0) return;
  for (const float side : {-1.0F, 1.0F}) {
    const float turned = angle + side * random.uniform(0.25F, 0.75F);
    grow_branches(parts, random, to, turned, length * random.uniform(0.6F, 0.8F), depth - 1);
  }
}

Path line_through(int points, base::Random& random, float low_y, float high_y, bool alternate) {
  Path path;
  for (int i = 0; i < points; ++i) {
    const float x = -1 + 2 * static_cast<float>(i) / static_cast<float>(points - 1);
    const float y = alternate ? (i % 2 == 0 ? low_y : high_y) : random.uniform(low_y, high_y);
    path.push_back({x, y});
  }
  return path;
}

}  // namespace

Parts composed_figure(Figure figure, base::Random& random) {
  Parts parts;
  const auto ray = [](float at, float from, float to) {
    return Path{{from * demo::cosine(at), from * demo::sine(at)},
                {to * demo::cosine(at), to * demo::sine(at)}};
  };
  const auto ring = [](float r) {
    Path path = demo::ellipse_outline({}, r, r, 0);
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
        parts.outlines.push_back(demo::ellipse_outline(
            {0.62F * demo::cosine(at), 0.62F * demo::sine(at)}, 0.38F, 0.11F, at, 16));
      }
      parts.outlines.push_back(demo::ellipse_outline({}, 0.27F, 0.27F, 0));
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
        path.push_back({t * 0.9F * demo::cosine(at), t * 0.9F * demo::sine(at)});
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
          parts.outlines.push_back(demo::ellipse_outline({x + 0.1F, side * reach * 0.55F},
                                                         reach * 0.5F, 0.08F, side * 1.2F, 16));
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
          {demo::smooth_path(line_through(points, random, -high, high, true)), thick, thick});
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
      parts.strokes.push_back(
          {demo::ellipse_outline({-0.65F, 0}, 0.28F, 0.28F, 0, 24), 0.14F, 0.14F});
      parts.strokes.push_back({{{-0.38F, 0}, {1, 0}}, 0.14F, 0.14F});
      parts.strokes.push_back({{{0.9F, 0}, {0.9F, 0.35F}}, 0.12F, 0.12F});
      parts.strokes.push_back({{{0.6F, 0}, {0.6F, 0.28F}}, 0.12F, 0.12F});
      break;
    case Figure::kCup:
      parts.outlines.push_back({{-0.7F, -0.7F}, {0.45F, -0.7F}, {0.35F, 0.7F}, {-0.6F, 0.7F}});
      parts.strokes.push_back(
          {demo::smooth_path(Path{{0.42F, -0.4F}, {0.85F, -0.35F}, {0.85F, 0.15F}, {0.38F, 0.3F}}),
           0.13F, 0.13F});
      break;
    case Figure::kJellyfish: {
      Path dome;
      for (int i = 0; i <= 24; ++i) {
        const float at = kPi * (1 + static_cast<float>(i) / 24);
        dome.push_back({0.75F * demo::cosine(at), 0.8F * demo::sine(at)});
      }
      parts.outlines.push_back(dome);
      for (int i = 0; i < 6; ++i) {
        const float x = -0.6F + 0.24F * static_cast<float>(i);
        const float sway = random.uniform(-0.2F, 0.2F);
        parts.strokes.push_back(
            {demo::smooth_path(Path{{x, 0}, {x + sway, 0.35F}, {x - sway, 0.7F}, {x, 1}}), 0.08F,
             0.03F});
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
        if (random.chance(0.5F)) path = demo::smooth_path(path);
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
            demo::ellipse_outline({x + own, random.uniform(-0.08F, 0.08F)}, own * 1.08F,
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

}  // namespace engraft::sprout
