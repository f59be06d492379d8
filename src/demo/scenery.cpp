#include "demo/scenery.h"

#include <numbers>

namespace engraft::demo {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

struct Palette {
  float hue;  // in turns
  float hue_spread;
  float saturation_low, saturation_high;
  float value_low, value_high;
};

Palette palette_of(Scenery kind) {
  switch (kind) {
    case Scenery::kSoil:
      return {0.075F, 0.03F, 0.2F, 0.6F, 0.2F, 0.6F};
    case Scenery::kSand:
      return {0.10F, 0.03F, 0.1F, 0.4F, 0.6F, 0.95F};
    case Scenery::kPebbles:
      return {0.09F, 0.08F, 0.03F, 0.25F, 0.35F, 0.85F};
    case Scenery::kBark:
      return {0.08F, 0.03F, 0.15F, 0.5F, 0.25F, 0.65F};
    case Scenery::kPlanks:
      return {0.085F, 0.02F, 0.2F, 0.6F, 0.4F, 0.85F};
    case Scenery::kLeaf:
      return {0.27F, 0.06F, 0.4F, 0.85F, 0.3F, 0.8F};
    case Scenery::kFoliage:
      return {0.28F, 0.07F, 0.35F, 0.85F, 0.25F, 0.7F};
    case Scenery::kGrass:
      return {0.25F, 0.06F, 0.4F, 0.85F, 0.35F, 0.8F};
    case Scenery::kPetals:
      return {0.95F, 0.22F, 0.15F, 0.9F, 0.65F, 1.0F};
    case Scenery::kMeadow:
      return {0.27F, 0.06F, 0.35F, 0.8F, 0.3F, 0.7F};
    case Scenery::kBokeh:
      return {0.30F, 0.20F, 0.2F, 0.8F, 0.2F, 0.7F};
    case Scenery::kCloth:
      return {0.5F, 0.5F, 0.05F, 0.7F, 0.3F, 0.95F};
    case Scenery::kHaze:
      return {0.4F, 0.3F, 0.05F, 0.6F, 0.3F, 0.95F};
    case Scenery::kMoss:
      return {0.24F, 0.06F, 0.4F, 0.8F, 0.2F, 0.6F};
  }
  return {};
}

// The place of an ink among its relatives: a little lighter or darker, warmer or cooler.
Ink vary(Ink ink, float amount, base::Random& random) {
  const float light = 1 + random.uniform(-amount, amount);
  const float warm = random.uniform(-amount, amount) * 0.3F;
  return {ink.red * (light + warm), ink.green * light, ink.blue * (light - warm), ink.alpha};
}

struct Canvas {
  image::Image& image;
  float size;  // pixels of the shorter side
  base::Random& random;

  Point anywhere() const {
    return {random.uniform(-0.1F, 1.1F) * static_cast<float>(image.width),
            random.uniform(-0.1F, 1.1F) * static_cast<float>(image.height)};
  }
  float turn() const { return random.uniform(0, 2 * kPi); }
};

// Ground whose light follows 1/f noise, stretched along one direction.
struct Ground {
  Ink ink;
  Ink other;
  float cells = 5;  // across the picture
  float stretch = 1;
  float roughness = 1;
  int octaves = 4;
};

void draw_ground(const Canvas& canvas, const Ground& ground) {
  const auto& [ink, other, cells, stretch, roughness, octaves] = ground;
  const Noise noise(canvas.random);
  const Noise tint(canvas.random);
  const Frame frame{{canvas.random.uniform(0, 999), 0},
                    stretch == 1 ? 0 : canvas.turn(),
                    canvas.size / cells * stretch,
                    canvas.size / cells};
  fill_with(canvas.image, [&](Point at) {
    const Point own = frame.to_own(at);
    const float height = noise.fractal(own.x, own.y, octaves);
    const float blend = 0.5F + 0.9F * tint.fractal(own.x * 0.4F, own.y * 0.4F, 2);
    return scaled(mix(ink, other, std::clamp(blend, 0.0F, 1.0F)), 1 + roughness * height);
  });
}

void draw_stones(const Canvas& canvas, Ink ink, int count, float low, float high) {
  base::Random& random = canvas.random;
  for (int i = 0; i < count; ++i) {
    const float radius = canvas.size * random.uniform(low, high);
    const Frame frame{canvas.anywhere(), canvas.turn(), radius, radius * random.uniform(0.6F, 1)};
    const Ink own = vary(ink, 0.45F, random);
    const Frame shade{frame.to_picture({0, 0}), 0, radius, radius};
    paint(canvas.image,
          cover_ellipse(canvas.image, shade.to_picture({0.15F, 0.22F}), radius, radius * 0.85F),
          {0, 0, 0, 0.35F});
    paint_solid(canvas.image, frame, {.gloss = 0.1F}, [&](float, float) { return own; });
  }
}

void draw_planks(const Canvas& canvas, Ink ink) {
  base::Random& random = canvas.random;
  const Noise noise(random);
  const float width = canvas.size * random.uniform(0.2F, 0.6F);
  const float rings = random.uniform(4, 12);
  const Frame frame{canvas.anywhere(), canvas.turn(), width * 4, width};
  fill_with(canvas.image, [&](Point at) {
    const Point own = frame.to_own(at);
    const float board = std::floor(own.y);
    const float across = own.y - board;
    const float wave = noise.at(own.x * 1.5F + board * 7.3F, own.y * 1.5F);
    const float grain = sine((across * rings + wave * 3) * 2) * 0.08F +
                        0.15F * noise.fractal(own.x * 6, own.y * 40, 2);
    const float seam = across < 0.04F || across > 0.97F ? 0.45F : 1.0F;
    return scaled(ink, seam * (1 + grain + 0.15F * noise.at(board * 5.1F, 0.5F)));
  });
}

void draw_cloth(const Canvas& canvas, Ink ink, Ink other) {
  base::Random& random = canvas.random;
  const Noise noise(random);
  const float pitch = canvas.size * random.uniform(0.02F, 0.12F);
  const Frame frame{{0, 0}, canvas.turn(), pitch, pitch};
  const bool woven = random.chance(0.6F);
  fill_with(canvas.image, [&](Point at) {
    const Point own = frame.to_own(at);
    const float warp = sine(own.x * 2 * kPi);
    const float weft = sine(own.y * 2 * kPi);
    const float fold = noise.fractal(own.x * 0.08F, own.y * 0.08F, 2);
    const float over = woven ? 0.5F + 0.5F * warp * weft : 0.5F + 0.5F * weft;
    return scaled(mix(ink, other, over), 1 + 0.5F * fold);
  });
}

void draw_haze(const Canvas& canvas, Ink ink, Ink other) {
  const Noise noise(canvas.random);
  const float cells = canvas.random.uniform(0.5F, 2);
  const Frame frame{canvas.anywhere(), canvas.turn(), canvas.size / cells, canvas.size / cells};
  fill_with(canvas.image, [&](Point at) {
    const Point own = frame.to_own(at);
    const float blend = 0.5F + 0.35F * own.x + 0.6F * noise.at(own.x, own.y);
    return mix(ink, other, std::clamp(blend, 0.0F, 1.0F));
  });
}

struct Blades {
  int count = 0;
  float width = 0;  // of the picture
};

void draw_blades(const Canvas& canvas, Ink ink, Blades blades) {
  base::Random& random = canvas.random;
  const float lean = random.chance(0.7F) ? -kPi / 2 : canvas.turn();
  for (int i = 0; i < blades.count; ++i) {
    const float length = canvas.size * random.uniform(0.3F, 0.9F);
    const Frame frame{canvas.anywhere(), lean + random.uniform(-0.7F, 0.7F), length, length};
    const float bend = random.uniform(-0.35F, 0.35F);
    const std::array<Point, 3> spine{Point{-0.5F, 0}, Point{0, bend * 0.3F}, Point{0.5F, bend}};
    const auto path = to_picture(frame, smooth_path(spine));
    const float thick = canvas.size * blades.width * random.uniform(0.5F, 1.3F);
    const Ink own = vary(ink, 0.5F, random);
    paint(canvas.image, cover_stroke(canvas.image, path, thick, thick * 0.2F), own);
    paint(canvas.image, cover_stroke(canvas.image, path, thick * 0.25F, 0.1F), scaled(own, 1.25F));
  }
}

void draw_blossom(const Canvas& canvas, Point center, float radius, Ink ink, Ink heart) {
  base::Random& random = canvas.random;
  const int petals = 4 + static_cast<int>(random.below(12));
  const float start = canvas.turn();
  const float breadth = std::min(0.5F, 4.0F / static_cast<float>(petals)) * 0.7F;
  for (int i = 0; i < petals; ++i) {
    const float angle = start + 2 * kPi * static_cast<float>(i) / static_cast<float>(petals) +
                        random.uniform(-0.1F, 0.1F);
    const float length = radius * random.uniform(0.85F, 1.1F);
    draw_petal(canvas.image, Frame{center, angle, length, length}, breadth,
               vary(ink, 0.12F, random), mix(ink, heart, 0.5F));
  }
  const float core = radius * random.uniform(0.18F, 0.4F);
  const Noise noise(random);
  paint_solid(canvas.image, Frame{center, 0, core, core}, {.gloss = 0}, [&](float u, float v) {
    return scaled(heart, 1 + 0.5F * noise.fractal(u * 7, v * 7, 2));
  });
}

void draw_discs(const Canvas& canvas, int count) {
  base::Random& random = canvas.random;
  for (int i = 0; i < count; ++i) {
    const float radius = canvas.size * random.uniform(0.04F, 0.18F);
    Ink light = from_hsv({random.uniform(), random.uniform(0, 0.6F), random.uniform(0.6F, 1)});
    light.alpha = random.uniform(0.15F, 0.6F);
    paint(canvas.image, cover_ellipse(canvas.image, canvas.anywhere(), radius, radius), light);
  }
}

void draw_big_leaf(const Canvas& canvas, Ink ink, Ink other) {
  base::Random& random = canvas.random;
  draw_ground(canvas, {scaled(ink, 0.6F), other, 4, 1, 0.8F, 4});
  const int leaves = 1 + static_cast<int>(random.below(3));
  for (int i = 0; i < leaves; ++i) {
    const float length = canvas.size * random.uniform(0.8F, 1.5F);
    const Point center{canvas.size * random.uniform(0.1F, 0.9F),
                       canvas.size * random.uniform(0.1F, 0.9F)};
    const Frame frame{center, canvas.turn(), length, length};
    const float breadth = random.uniform(0.35F, 0.7F);
    draw_leaf(canvas.image, frame, breadth, vary(ink, 0.25F, random), random);
  }
}

void draw_foliage(const Canvas& canvas, Ink ink, Ink other) {
  base::Random& random = canvas.random;
  draw_ground(canvas, {scaled(ink, 0.4F), scaled(other, 0.3F), 5, 1, 0.8F, 4});
  const int leaves = 14 + static_cast<int>(random.below(24));
  const float typical = canvas.size * random.uniform(0.1F, 0.28F);
  for (int i = 0; i < leaves; ++i) {
    const float length = typical * random.uniform(0.6F, 1.5F);
    const float depth = 0.55F + 0.45F * static_cast<float>(i) / static_cast<float>(leaves);
    const Frame frame{canvas.anywhere(), canvas.turn(), length, length};
    const float breadth = random.uniform(0.25F, 0.6F);
    draw_leaf(canvas.image, frame, breadth, scaled(vary(ink, 0.35F, random), depth), random);
  }
}

void draw_flower_bed(const Canvas& canvas, Ink ink, Ink other) {
  base::Random& random = canvas.random;
  draw_ground(canvas, {scaled(other, 0.5F), other, 4, 1, 0.7F, 3});
  const Ink heart = from_hsv(
      {random.uniform(0.08F, 0.2F), random.uniform(0.5F, 0.9F), random.uniform(0.4F, 0.95F)});
  const int blossoms = 1 + static_cast<int>(random.below(3));
  for (int i = 0; i < blossoms; ++i) {
    const Point center = canvas.anywhere();
    const float radius = canvas.size * random.uniform(0.45F, 0.95F);
    draw_blossom(canvas, center, radius, vary(ink, 0.2F, random), heart);
  }
}

void draw_meadow(const Canvas& canvas, Ink ink, Ink other) {
  base::Random& random = canvas.random;
  draw_ground(canvas, {ink, scaled(other, 0.7F), 5, 1, 0.7F, 3});
  draw_blades(canvas, ink, {.count = 25, .width = 0.02F});
  const int blossoms = 5 + static_cast<int>(random.below(14));
  const Ink flower = scenery_ink(Scenery::kPetals, random);
  const Ink heart = from_hsv({random.uniform(0.08F, 0.18F), 0.8F, random.uniform(0.5F, 1)});
  for (int i = 0; i < blossoms; ++i) {
    const Point center = canvas.anywhere();
    const float radius = canvas.size * random.uniform(0.05F, 0.14F);
    draw_blossom(canvas, center, radius, vary(flower, 0.2F, random), heart);
  }
}

}  // namespace

Ink scenery_ink(Scenery kind, base::Random& random) {
  const Palette p = palette_of(kind);
  const float hue =
      random.chance(0.12F) ? random.uniform() : p.hue + random.uniform(-p.hue_spread, p.hue_spread);
  return from_hsv({hue, random.uniform(p.saturation_low, p.saturation_high),
                   random.uniform(p.value_low, p.value_high)});
}

void draw_leaf(image::Image& image, const Frame& frame, float breadth, Ink ink,
               base::Random& random) {
  std::array<Point, 28> outline;
  const float belly = random.uniform(-0.2F, 0.25F);
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(outline.size());
    const float x = cosine(at);
    const float taper = 1 - 0.35F * std::abs(x) * std::abs(x) + belly * x;
    outline[i] = {x, breadth * sine(at) * taper};
  }
  const float veins = random.uniform(5, 11);
  const float rise = random.uniform(0.5F, 1.3F);
  const float contrast = random.uniform(0.08F, 0.3F);
  const float thin = 1.2F / frame.unit();
  paint_with(image, cover_polygon(image, to_picture(frame, outline)), [&](Point at) {
    const Point own = frame.to_own(at);
    const float side = std::abs(own.y);
    const float phase = (own.x - rise * side) * veins;
    const float across = std::abs(phase - std::floor(phase) - 0.5F) / veins;
    float light = 1 + 0.25F * (own.y > 0 ? -side : side) / breadth;
    if (side < 0.02F + thin)
      light += 1.4F * contrast;
    else if (across < 0.01F + 0.7F * thin)
      light += contrast;
    else
      light += 0.3F * contrast * sine(phase * 2 * kPi);
    return scaled(ink, light);
  });
}

void draw_petal(image::Image& image, const Frame& frame, float breadth, Ink ink, Ink root) {
  std::array<Point, 24> outline;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const float at = 2 * kPi * static_cast<float>(i) / static_cast<float>(outline.size());
    const float x = 0.5F + 0.5F * cosine(at);
    outline[i] = {x, breadth * sine(at) * (0.35F + 0.65F * x)};
  }
  paint_with(image, cover_polygon(image, to_picture(frame, outline)), [&](Point at) {
    const Point own = frame.to_own(at);
    const float fold = own.y / breadth;
    const float ridge = 0.05F * sine(fold * 14);
    return scaled(mix(root, ink, std::clamp(own.x * 1.6F, 0.0F, 1.0F)),
                  0.82F + 0.2F * own.x - 0.1F * fold + ridge);
  });
}

void draw_scenery(image::Image& image, Scenery kind, float focus, base::Random& random) {
  const Canvas canvas{image, static_cast<float>(std::min(image.width, image.height)), random};
  const Ink ink = scenery_ink(kind, random);
  const Ink relative = scenery_ink(kind, random);
  const Ink other = mix(ink, relative, random.uniform(0.2F, 0.8F));
  switch (kind) {
    case Scenery::kSoil:
      draw_ground(canvas, {ink, other, random.uniform(5, 14), 1, random.uniform(0.8F, 1.6F), 5});
      draw_stones(canvas, ink, static_cast<int>(random.below(50)), 0.008F, 0.05F);
      break;
    case Scenery::kSand:
      draw_ground(canvas, {ink, other, random.uniform(12, 40), 1, random.uniform(0.3F, 0.7F), 3});
      break;
    case Scenery::kPebbles:
      draw_ground(canvas, {scaled(ink, 0.4F), other, 8, 1, 0.8F, 3});
      draw_stones(canvas, ink, 60 + static_cast<int>(random.below(60)), 0.03F, 0.12F);
      break;
    case Scenery::kBark:
      draw_ground(canvas, {ink, other, random.uniform(6, 16), random.uniform(3, 8), 1.5F, 4});
      break;
    case Scenery::kPlanks:
      draw_planks(canvas, ink);
      break;
    case Scenery::kLeaf:
      draw_big_leaf(canvas, ink, other);
      break;
    case Scenery::kFoliage:
      draw_foliage(canvas, ink, other);
      break;
    case Scenery::kGrass:
      draw_ground(canvas, {scaled(ink, 0.4F), other, 5, 1, 0.8F, 3});
      draw_blades(canvas, ink,
                  {.count = 40 + static_cast<int>(random.below(60)),
                   .width = random.uniform(0.015F, 0.05F)});
      break;
    case Scenery::kPetals:
      draw_flower_bed(canvas, ink, scenery_ink(Scenery::kFoliage, random));
      break;
    case Scenery::kMeadow:
      draw_meadow(canvas, ink, other);
      break;
    case Scenery::kBokeh:
      draw_haze(canvas, ink, other);
      draw_discs(canvas, 10 + static_cast<int>(random.below(20)));
      break;
    case Scenery::kCloth:
      draw_cloth(canvas, ink, scenery_ink(kind, random));
      break;
    case Scenery::kHaze:
      draw_haze(canvas, ink, scenery_ink(kind, random));
      break;
    case Scenery::kMoss:
      draw_ground(canvas, {ink, other, random.uniform(14, 26), 1, 1.6F, 4});
      draw_blades(canvas, ink, {.count = 30, .width = 0.012F});
      break;
  }
  blur(image, (1 - focus) * canvas.size * 0.07F);
}

void expose(image::Image& image, base::Random& random) {
  const float from = random.uniform(0, 2 * kPi);
  slant_light(image, from, random.uniform(0, 0.35F));
  const float warm = random.uniform(-0.12F, 0.12F);
  adjust(image, {.brightness = random.uniform(-0.1F, 0.1F),
                 .contrast = random.uniform(0.75F, 1.3F),
                 .saturation = random.uniform(0.5F, 1.25F),
                 .gain = {1 + warm, 1 + random.uniform(-0.05F, 0.05F), 1 - warm}});
  const auto size = static_cast<float>(std::min(image.width, image.height));
  if (random.chance(0.35F)) blur(image, size * random.uniform(0.006F, 0.018F));
  add_grain(image, random.uniform(0, 0.03F), random);
}

}  // namespace engraft::demo
