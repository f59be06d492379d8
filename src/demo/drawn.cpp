#include "demo/drawn.h"

#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "demo/draw.h"
#include "demo/insect_parts.h"
#include "demo/scenery.h"

namespace engraft::demo {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

// The two kinds' colours overlap on purpose.
struct InkRange {
  Hsv low;
  Hsv high;
};

Ink ink_within(const InkRange& range, base::Random& random) {
  const auto& [low, high] = range;
  return from_hsv({random.uniform(low.hue, high.hue),
                   random.uniform(low.saturation, high.saturation),
                   random.uniform(low.value, high.value)});
}

constexpr std::array<InkRange, 4> kAntBodies{{
    {{0.0F, 0, 0.06F}, {0.1F, 0.4F, 0.25F}},      // black
    {{0.0F, 0.6F, 0.3F}, {0.05F, 0.9F, 0.6F}},    // red
    {{0.05F, 0.5F, 0.25F}, {0.09F, 0.8F, 0.5F}},  // brown
    {{0.08F, 0.5F, 0.6F}, {0.14F, 0.85F, 0.9F}},  // honey
}};
constexpr InkRange kBeeBody{{0.0F, 0.1F, 0.07F}, {0.1F, 0.6F, 0.3F}};
constexpr std::array<InkRange, 4> kBeeBands{{
    {{0.1F, 0.6F, 0.7F}, {0.15F, 0.95F, 1}},      // yellow
    {{0.05F, 0.6F, 0.4F}, {0.1F, 0.9F, 0.75F}},   // amber
    {{0.08F, 0.05F, 0.5F}, {0.15F, 0.3F, 0.9F}},  // pale
    {{0.0F, 0.5F, 0.25F}, {0.06F, 0.9F, 0.55F}},  // rust
}};
constexpr InkRange kAnyFur{{0.03F, 0.1F, 0.2F}, {0.14F, 0.7F, 0.85F}};

Coat ant_coat(base::Random& random) {
  Coat coat;
  coat.body = ink_within(kAntBodies[random.below(kAntBodies.size())], random);
  const float tone = random.uniform(0.3F, 1.3F);
  coat.band = random.chance(0.4F)
                  ? scaled(coat.body, tone)
                  : mix(coat.body, {0.1F, 0.07F, 0.05F, 1}, random.uniform(0, 0.8F));
  coat.limb = scaled(coat.body, random.uniform(0.55F, 1.0F));
  coat.gloss = random.uniform(0.15F, 0.75F);
  return coat;
}

Coat bee_coat(base::Random& random) {
  Coat coat;
  coat.body = ink_within(kBeeBody, random);
  coat.band = ink_within(kBeeBands[random.below(kBeeBands.size())], random);
  coat.limb = scaled(coat.body, random.uniform(0.6F, 1.2F));
  coat.fur = random.chance(0.7F) ? mix(coat.band, {0.75F, 0.65F, 0.5F, 1}, random.uniform(0, 0.5F))
                                 : ink_within(kAnyFur, random);
  coat.gloss = random.uniform(0.1F, 0.5F);
  return coat;
}

void draw_ant_above(const Sketch& sketch, const Coat& coat) {
  const float stout = sketch.random.uniform(0.85F, 1.25F);
  const float bend = sketch.jitter(0.09F);  // the body is seldom quite straight
  draw_shadow(sketch, 0.12F);
  const float reach = sketch.random.uniform(0.3F, 0.42F);
  draw_legs_above(sketch, {0.1F, 0.06F, reach, 0.24F, 0.024F * stout}, coat.limb);
  for (const float side : {-1.0F, 1.0F}) {  // elbowed antennae, and jaws
    const float spread = 0.13F + sketch.jitter(0.05F);
    const Point elbow{0.43F + sketch.jitter(0.03F), side * spread + bend};
    const Point tip{0.58F + sketch.jitter(0.06F), side * (spread + sketch.jitter(0.09F)) + bend};
    sketch.limb({{0.34F, side * 0.03F + bend}, elbow}, 0.018F, 0.016F, coat.limb);
    sketch.limb({elbow, tip}, 0.017F, 0.02F, coat.limb);
    sketch.limb({{0.37F, side * 0.045F + bend},
                 {0.425F, side * 0.04F + bend},
                 {0.445F, side * 0.01F + bend}},
                0.028F, 0.012F, scaled(coat.limb, 0.8F));
  }
  const float swollen = sketch.random.uniform(0.8F, 1.2F);
  const Bands bands{sketch.random.uniform(3, 5), 0.75F, 0.2F, sketch.random.uniform(0, 0.8F)};
  draw_abdomen(sketch, {{-0.3F, bend * 0.8F}, 0.2F, 0.125F * stout * swollen, bend * -0.8F}, coat,
               bands);
  sketch.solid({{-0.075F, bend * 0.1F}, 0.035F, 0.034F * stout}, coat.body, coat.gloss);
  sketch.solid({{0.03F, 0}, 0.08F, 0.048F * stout}, coat.body, coat.gloss);
  sketch.solid({{0.14F, bend * 0.2F}, 0.09F, 0.064F * stout}, coat.body, coat.gloss);
  sketch.solid({{0.3F, bend}, 0.095F, 0.09F * stout}, coat.body, coat.gloss);
  for (const float side : {-1.0F, 1.0F}) {
    sketch.solid({{0.31F, side * 0.07F * stout + bend}, 0.022F, 0.018F}, {0.03F, 0.02F, 0.02F, 1},
                 0.6F);
  }
}

void draw_ant_aside(const Sketch& sketch, const Coat& coat) {
  const float stout = sketch.random.uniform(0.85F, 1.2F);
  const float raised = sketch.random.uniform(-0.1F, 0.05F);
  const float head = sketch.random.uniform(-0.06F, 0.08F);
  const float ground = sketch.random.uniform(0.24F, 0.32F);
  const Legs legs{0.1F, 0.06F, 0, 0.25F, 0.024F * stout};
  draw_legs_aside(sketch, legs, ground, scaled(coat.limb, 0.6F));
  const auto antenna = [&](Ink ink) {
    const Point elbow{0.45F + sketch.jitter(0.03F), head - 0.13F + sketch.jitter(0.05F)};
    const Point tip{0.6F + sketch.jitter(0.04F), head - 0.04F + sketch.jitter(0.1F)};
    sketch.limb({{0.36F, head - 0.03F}, elbow}, 0.018F, 0.016F, ink);
    sketch.limb({elbow, tip}, 0.017F, 0.02F, ink);
  };
  antenna(scaled(coat.limb, 0.6F));
  const Bands bands{sketch.random.uniform(3, 5), 0.75F, 0.2F, sketch.random.uniform(0, 0.8F)};
  draw_abdomen(sketch, {{-0.3F, raised}, 0.2F, 0.125F * stout, 0.3F * raised}, coat, bands);
  sketch.solid({{-0.075F, -0.01F}, 0.03F, 0.055F * stout}, coat.body, coat.gloss);
  sketch.solid({{0.02F, 0.0F}, 0.085F, 0.055F * stout, 0.1F}, coat.body, coat.gloss);
  sketch.solid({{0.14F, -0.02F}, 0.095F, 0.075F * stout, -0.1F}, coat.body, coat.gloss);
  sketch.solid({{0.31F, head}, 0.1F, 0.085F * stout, 0.5F}, coat.body, coat.gloss);
  sketch.solid({{0.32F, head - 0.02F}, 0.022F, 0.022F}, {0.03F, 0.02F, 0.02F, 1}, 0.6F);
  sketch.limb({{0.37F, head + 0.06F}, {0.43F, head + 0.09F}, {0.43F, head + 0.11F}}, 0.03F, 0.012F,
              scaled(coat.limb, 0.8F));
  antenna(coat.limb);
  draw_legs_aside(sketch, legs, ground, coat.limb);
}

Bands bee_bands(base::Random& random) {
  return {random.uniform(3.5F, 6.5F), random.uniform(0.3F, 0.65F), random.uniform(0.1F, 0.35F),
          random.uniform(0.55F, 1)};
}

Ink wing_ink(base::Random& random) {
  Ink ink = ink_within({{0.08F, 0.05F, 0.7F}, {0.6F, 0.2F, 1}}, random);
  if (random.chance(0.2F)) ink = scaled(ink, 0.4F);  // smoky
  ink.alpha = random.uniform(0.22F, 0.5F);
  return ink;
}

void draw_bee_above(const Sketch& sketch, const Coat& coat) {
  base::Random& random = sketch.random;
  const float stout = random.uniform(0.8F, 1.2F);
  const float bend = sketch.jitter(0.05F);
  draw_shadow(sketch, 0.22F);
  draw_legs_above(sketch, {0.05F, 0.07F, 0.27F, 0.2F, 0.036F}, coat.limb);
  for (const float side : {-1.0F, 1.0F}) {
    const float spread = 0.09F + sketch.jitter(0.03F);
    sketch.limb({{0.31F, side * 0.03F}, {0.38F, side * spread * 0.8F}, {0.45F, side * spread}},
                0.02F, 0.018F, coat.limb);
  }
  const Solid abdomen{{-0.25F, bend}, 0.24F, 0.15F * stout, -bend};
  const Solid thorax{{0.07F, 0}, 0.13F, 0.125F * stout};
  draw_abdomen(sketch, abdomen, coat, bee_bands(random));
  const int hairs = 25 + static_cast<int>(random.below(40));
  sketch.fur(abdomen, hairs, 0.16F, mix(coat.band, coat.fur, 0.5F));
  sketch.solid(thorax, mix(coat.body, coat.fur, 0.4F), 0.1F);
  sketch.solid({{0.27F, 0}, 0.07F, 0.105F * stout}, coat.body, coat.gloss);
  for (const float side : {-1.0F, 1.0F}) {
    sketch.solid({{0.275F, side * 0.08F * stout}, 0.05F, 0.032F, side * 0.25F},
                 {0.06F, 0.045F, 0.04F, 1}, 0.7F);
  }
  sketch.fur(thorax, 3 * hairs, 0.28F, coat.fur);
  const Ink wing = wing_ink(random);
  const float open = random.uniform(0.25F, 1.15F);  // folded back to spread
  for (const float side : {-1.0F, 1.0F}) {
    const float sweep = kPi - open + sketch.jitter(0.1F);
    draw_wing(sketch, {0.03F, side * 0.09F}, side * (sweep + 0.15F), 0.36F, side * 0.26F, wing);
    draw_wing(sketch, {0.1F, side * 0.09F}, side * (sweep - 0.25F), 0.52F, side * 0.22F, wing);
  }
}

void draw_bee_aside(const Sketch& sketch, const Coat& coat) {
  base::Random& random = sketch.random;
  const float stout = random.uniform(0.85F, 1.2F);
  const float droop = random.uniform(0.0F, 0.12F);
  const float ground = random.uniform(0.2F, 0.28F);
  const Legs legs{0.06F, 0.06F, 0, 0.16F, 0.036F};
  const Ink wing = wing_ink(random);
  const float lift = random.uniform(0.35F, 1.2F);
  draw_wing(sketch, {0.05F, -0.09F}, kPi + lift + 0.2F, 0.46F, 0.24F, scaled(wing, 0.8F));
  draw_legs_aside(sketch, legs, ground, scaled(coat.limb, 0.6F));
  const Solid abdomen{{-0.24F, droop}, 0.24F, 0.145F * stout, -1.2F * droop};
  const Solid thorax{{0.07F, 0}, 0.135F, 0.13F * stout};
  const Solid head{{0.27F, 0.04F}, 0.075F, 0.1F * stout, -0.2F};
  draw_abdomen(sketch, abdomen, coat, bee_bands(random));
  const int hairs = 25 + static_cast<int>(random.below(40));
  sketch.fur(abdomen, hairs, 0.16F, mix(coat.band, coat.fur, 0.5F));
  sketch.solid(thorax, mix(coat.body, coat.fur, 0.4F), 0.1F);
  sketch.solid(head, mix(coat.body, coat.fur, 0.15F), coat.gloss);
  sketch.fur(thorax, 3 * hairs, 0.28F, coat.fur);
  sketch.solid({{0.285F, 0.02F}, 0.036F, 0.062F * stout, -0.2F}, {0.06F, 0.045F, 0.04F, 1}, 0.7F);
  const float tip = 0.02F + sketch.jitter(0.06F);
  sketch.limb({{0.33F, 0.02F}, {0.4F, tip - 0.06F}, {0.46F, tip}}, 0.02F, 0.018F, coat.limb);
  draw_legs_aside(sketch, legs, ground, coat.limb);
  draw_wing(sketch, {0.02F, -0.09F}, kPi + lift * 0.7F, 0.36F, 0.26F, wing);
  draw_wing(sketch, {0.09F, -0.1F}, kPi + lift, 0.52F, 0.22F, wing);
}

void draw_one(image::Image& image, Insect kind, Point center, float length, base::Random& random) {
  const bool aside = random.chance(0.4F);
  // From the side an insect stands more or less upright; from above it may head anywhere.
  const float angle = aside ? random.uniform(-0.7F, 0.7F) : random.uniform(0, 2 * kPi);
  const float mirrored = random.chance(0.5F) ? -1.0F : 1.0F;
  const float squeezed = random.uniform(0.85F, 1.05F);
  const Frame frame{center, angle, length * mirrored, length * squeezed};
  const Sketch sketch{image, frame, random};
  if (kind == Insect::kAnt) {
    const Coat coat = ant_coat(random);
    aside ? draw_ant_aside(sketch, coat) : draw_ant_above(sketch, coat);
  } else {
    const Coat coat = bee_coat(random);
    aside ? draw_bee_aside(sketch, coat) : draw_bee_above(sketch, coat);
  }
}

// A leaf or a blade of grass that hides a part of what is behind it.
void draw_foreground(image::Image& image, float size, base::Random& random) {
  const bool right = random.chance(0.5F);
  const bool lower = random.chance(0.5F);
  const Point corner{size * (right ? random.uniform(0.85F, 1.05F) : random.uniform(-0.05F, 0.15F)),
                     size * (lower ? random.uniform(0.85F, 1.05F) : random.uniform(-0.05F, 0.15F))};
  const float length = size * random.uniform(0.25F, 0.5F);
  const Frame frame{corner, random.uniform(0, 2 * kPi), length, length};
  const float breadth = random.uniform(0.12F, 0.4F);
  draw_leaf(image, frame, breadth, scenery_ink(Scenery::kLeaf, random), random);
}

}  // namespace

image::Image draw_insect(Insect kind, int size, base::Random& random) {
  assert(size >= 32);
  image::Image image(size, size);
  const auto scenery = static_cast<Scenery>(random.below(kSceneryNames.size()));
  // As in close-ups, what lies behind is mostly out of focus.
  const float focus = random.chance(0.15F) ? 1.0F : random.uniform(0.05F, 0.75F);
  draw_scenery(image, scenery, focus, random);
  const auto pixels = static_cast<float>(size);
  const float roll = random.uniform();
  const int count = roll < 0.88F ? 1 : roll < 0.97F ? 2 : 3;
  for (int i = 0; i < count; ++i) {
    // One fills much of the picture; several are smaller, each in its own part.
    const float length =
        pixels * (count == 1 ? random.uniform(0.62F, 0.95F) : random.uniform(0.4F, 0.52F));
    const float off = count == 1 ? 0.0F : 0.26F;
    const float around =
        2 * kPi * (static_cast<float>(i) + random.uniform(0, 0.6F)) / static_cast<float>(count);
    const Point center{pixels * (0.5F + off * cosine(around) + random.uniform(-0.08F, 0.08F)),
                       pixels * (0.5F + off * sine(around) + random.uniform(-0.08F, 0.08F))};
    draw_one(image, kind, center, length, random);
  }
  if (random.chance(0.25F)) draw_foreground(image, pixels, random);
  expose(image, random);
  return image;
}

}  // namespace engraft::demo
