#include <cmath>
#include <initializer_list>
#include <numbers>

#include "figure_parts.h"

namespace engraft::sprout {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

// A closed curve whose distance from the middle is radius(angle).
template <class Radius>
Path polar(Radius radius, int corners = 72) {
  Path path(static_cast<std::size_t>(corners));
  for (std::size_t i = 0; i < path.size(); ++i) {
    const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(corners);
    const float r = radius(at);
    path[i] = {r * demo::cosine(at), r * demo::sine(at)};
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
    path[i] = {r * demo::cosine(at), r * demo::sine(at)};
  }
  return path;
}

Path mirrored(std::initializer_list<demo::Point> upper) {  // the same below, in reverse
  Path path(upper);
  for (auto p = std::rbegin(upper); p != std::rend(upper); ++p) path.push_back({p->x, -p->y});
  return path;
}

Path rounded(Path path) {
  path.push_back(path.front());
  return demo::smooth_path(path, 4);
}

}  // namespace

Parts outlined_figure(Figure figure, base::Random& random) {
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
      return outline(demo::ellipse_outline({}, 1, random.uniform(0.5F, 0.7F), 0));
    case Figure::kPod:
      return outline(demo::ellipse_outline({}, 1, random.uniform(0.2F, 0.32F), 0));
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
        path.push_back({demo::cosine(at), demo::sine(at)});
      }
      for (int i = 24; i >= 0; --i) {
        const float at = kPi * (0.5F + static_cast<float>(i) / 24);
        path.push_back({(1 - bite) * demo::cosine(at), demo::sine(at)});
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
        const float point = std::max(0.0F, demo::cosine(at));
        return 0.55F + 0.45F * point * point * point * point * point * point;
      }));
    case Figure::kLeaf: {
      Path path = polar([](float at) {
        return 1 / (std::abs(demo::cosine(at)) + 2.2F * std::abs(demo::sine(at)));
      });
      for (demo::Point& p : path) p.y *= 1.5F - 0.6F * std::abs(p.x);
      return outline(path);
    }
    case Figure::kLobedLeaf: {
      const auto lobes = static_cast<float>(count(5, 9));
      return outline(polar([&](float at) {
        return (0.6F + 0.25F * demo::cosine(at)) * (1 + 0.22F * demo::sine(lobes * at));
      }));
    }
    case Figure::kFlower: {
      const auto petals = static_cast<float>(count(4, 7)) / 2;
      return outline(
          polar([&](float at) { return 0.4F + 0.6F * std::abs(demo::sine(petals * at)); }, 120));
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
      Parts parts = outline(demo::ellipse_outline({0.2F, 0}, 0.8F, random.uniform(0.3F, 0.5F), 0));
      parts.outlines.push_back({{-0.45F, 0}, {-1, -0.5F}, {-0.85F, 0}, {-1, 0.5F}});
      parts.outlines.push_back({{0.35F, -0.3F}, {-0.1F, -0.75F}, {-0.15F, -0.25F}});
      return parts;
    }
    case Figure::kBird: {
      Parts parts = outline(demo::ellipse_outline({0, 0.1F}, 0.55F, 0.32F, -0.2F));
      parts.outlines.push_back(demo::ellipse_outline({0.5F, -0.25F}, 0.22F, 0.22F, 0));
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
        path.push_back({r * demo::cosine(at), r * demo::sine(at)});
      }
      return outline(path);
    }
    case Figure::kStarfish: {
      const auto arms = static_cast<float>(count(5, 6));
      return outline(rounded(polar(
          [&](float at) {
            const float c = 0.5F + 0.5F * demo::cosine(arms * at);
            return 0.3F + 0.7F * c * c;
          },
          60)));
    }
    case Figure::kShell:
      return outline(polar([](float at) {
        return std::abs(at - kPi) < 0.7F ? 0.55F : 0.9F + 0.1F * std::abs(demo::sine(5 * at));
      }));
    default:
      return outline(regular(48));
  }
}

}  // namespace engraft::sprout
