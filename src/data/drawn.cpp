#include "data/drawn.h"

#include <array>
#include <cassert>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <vector>

#include "data/scenery.h"
#include "image/draw.h"

namespace engraft {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

// What a kind of insect may be coloured like. The two ranges overlap on purpose.
struct Coat {
  Ink body;
  Ink band;  // the abdomen's second colour
  Ink limb;
  Ink fur;  // bees only
  float gloss = 0.3F;
};

struct InkRange {
  Hsv low;
  Hsv high;
};

Ink ink_within(const InkRange& range, Random& random) {
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

Coat ant_coat(Random& random) {
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

Coat bee_coat(Random& random) {
  Coat coat;
  coat.body = ink_within(kBeeBody, random);
  coat.band = ink_within(kBeeBands[random.below(kBeeBands.size())], random);
  coat.limb = scaled(coat.body, random.uniform(0.6F, 1.2F));
  coat.fur = random.chance(0.7F) ? mix(coat.band, {0.75F, 0.65F, 0.5F, 1}, random.uniform(0, 0.5F))
                                 : ink_within(kAnyFur, random);
  coat.gloss = random.uniform(0.1F, 0.5F);
  return coat;
}

// A pen in an insect's own coordinates: its length is 1, the head towards +x.
struct Sketch {
  Image& image;
  Frame frame;
  Random& random;

  float jitter(float amount) const { return random.uniform(-amount, amount); }

  void limb(std::initializer_list<Point> joints, float from, float to, Ink ink) const {
    const std::vector<Point> own(joints);
    const auto path = to_picture(frame, own);
    paint(image, cover_stroke(image, path, from * frame.unit(), to * frame.unit()), ink);
  }

  void solid(Solid form, Ink ink, float gloss) const {
    form.gloss = gloss;
    paint_solid(image, frame, form, [&](float, float) { return ink; });
  }

  // Short hairs all over an ellipse and a little beyond its edge.
  void fur(const Solid& form, int hairs, float length, Ink ink) const {
    const Frame own{form.center, form.angle, form.radius_x, form.radius_y};
    for (int i = 0; i < hairs; ++i) {
      const float angle = random.uniform(0, 2 * kPi);
      const float out = std::sqrt(random.uniform()) * 1.02F;
      const float bent = angle + jitter(0.5F);
      const float reach = out + length * random.uniform(0.6F, 1.2F);
      Ink hair = scaled(ink, random.uniform(0.55F, 1.35F));
      hair.alpha = 0.6F;
      const float thick = 0.012F + 0.6F / frame.unit();
      limb({own.to_picture({out * cosine(angle), out * sine(angle)}),
            own.to_picture({reach * cosine(bent), reach * sine(bent)})},
           thick, thick * 0.5F, hair);
    }
  }
};

// Bands across an abdomen, bent with its roundness; `share` of each is the second colour.
struct Bands {
  float count = 5;
  float share = 0.5F;
  float bend = 0.15F;
  float strength = 1;
};

void draw_abdomen(const Sketch& sketch, Solid form, const Coat& coat, const Bands& bands) {
  form.gloss = coat.gloss;
  const Noise noise(sketch.random);
  paint_solid(sketch.image, sketch.frame, form, [&](float u, float v) {
    const float at =
        (u + bands.bend * v * v + 1) * 0.5F * bands.count + 0.06F * noise.at(u * 6, v * 6);
    const float phase = at - std::floor(at);
    const float distance = std::abs(phase - 0.5F) - 0.5F * bands.share;
    const float inside = std::clamp(0.5F - distance * 9, 0.0F, 1.0F);
    return mix(coat.body, coat.band, inside * bands.strength);
  });
}

// A translucent wing from the frame's origin to x = 1, with the veins that catch the light.
void draw_wing(const Sketch& sketch, Point root, float angle, float length, float breadth,
               Ink ink) {
  const Frame own{root, angle, length, length};
  std::vector<Point> outline;
  for (const Point p :
       {Point{0, 0}, Point{0.35F, -breadth * 0.75F}, Point{0.75F, -breadth},
        Point{0.98F, -breadth * 0.45F}, Point{0.95F, breadth * 0.2F}, Point{0.65F, breadth * 0.65F},
        Point{0.25F, breadth * 0.35F}, Point{0, 0}}) {
    outline.push_back(sketch.frame.to_picture(own.to_picture(p)));
  }
  const auto smooth = smooth_path(outline);
  const Coverage coverage = cover_polygon(sketch.image, smooth);
  paint_with(sketch.image, coverage, [&](Point at) {
    const Point place = own.to_own(sketch.frame.to_own(at));
    Ink sheen = ink;
    sheen.alpha *= 0.65F + 0.6F * place.x;
    return sheen;
  });
  Ink vein = scaled(ink, 0.35F);
  vein.alpha = std::min(1.0F, ink.alpha + 0.25F);
  const auto trace = [&](std::initializer_list<Point> through) {
    std::vector<Point> path;
    for (const Point p : through) path.push_back(sketch.frame.to_picture(own.to_picture(p)));
    path = smooth_path(path, 4);
    const float thick = std::max(0.55F, 0.008F * sketch.frame.unit());
    paint(sketch.image, cover_stroke(sketch.image, path, thick, thick * 0.7F), vein);
  };
  trace({{0, 0}, {0.35F, -breadth * 0.75F}, {0.75F, -breadth}, {0.98F, -breadth * 0.45F}});
  trace({{0, 0}, {0.5F, -breadth * 0.35F}, {0.93F, -breadth * 0.2F}});
  trace({{0.1F, 0}, {0.5F, breadth * 0.15F}, {0.85F, breadth * 0.3F}});
  trace({{0.55F, -breadth * 0.85F}, {0.6F, -breadth * 0.3F}, {0.58F, breadth * 0.2F}});
}

void draw_shadow(const Sketch& sketch, float breadth) {
  const Point center = sketch.frame.to_picture({0, 0});
  const float unit = sketch.frame.unit();
  const Point head = sketch.frame.to_picture({0.42F, 0});
  const Point tail = sketch.frame.to_picture({-0.42F, 0});
  const float dx = head.x - tail.x;
  const float dy = head.y - tail.y;
  const float length = std::sqrt(dx * dx + dy * dy);
  for (int i = 0; i < 4; ++i) {  // a soft edge, from four layers
    const float swell = 1.3F - 0.12F * static_cast<float>(i);
    const std::array<Point, 2> spine{
        Point{center.x + 0.05F * unit - dx * 0.35F, center.y + 0.07F * unit - dy * 0.35F},
        Point{center.x + 0.05F * unit + dx * 0.35F, center.y + 0.07F * unit + dy * 0.35F}};
    const float width = breadth * unit * swell + 0.02F * length;
    paint(sketch.image, cover_stroke(sketch.image, spine, width, width), {0, 0, 0, 0.11F});
  }
}

// Six legs of three parts from the middle of the body. From the side all reach down, those of the
// far side darker and drawn before the body; from above they reach to both sides.
struct Legs {
  float root_x;   // the middle pair's
  float spacing;  // between pairs
  float reach;    // to the side
  float stride;   // the front pair's forwards, the hind pair's backwards
  float thickness;
};

void draw_leg(const Sketch& sketch, Point root, Point knee, Point foot, float thickness, Ink ink) {
  const Point toe{foot.x + 0.3F * (foot.x - knee.x) + sketch.jitter(0.02F),
                  foot.y + 0.1F * (foot.y - knee.y)};
  sketch.limb({root, knee}, thickness * 1.25F, thickness, ink);
  sketch.limb({knee, foot}, thickness, thickness * 0.7F, ink);
  sketch.limb({foot, toe}, thickness * 0.6F, thickness * 0.4F, ink);
}

void draw_legs_above(const Sketch& sketch, const Legs& legs, Ink ink) {
  for (const float side : {-1.0F, 1.0F}) {
    for (int pair = -1; pair <= 1; ++pair) {  // hind, middle, front
      const auto p = static_cast<float>(pair);
      const float lean = p * legs.stride + sketch.jitter(0.06F) - 0.02F;
      const float reach = legs.reach * (1 + sketch.jitter(0.15F)) * (pair == 0 ? 1.0F : 0.85F);
      const Point root{legs.root_x + p * legs.spacing, side * 0.04F};
      const Point knee{root.x + 0.55F * lean, side * reach * 0.6F};
      const Point foot{root.x + 1.25F * lean, side * reach};
      draw_leg(sketch, root, knee, foot, legs.thickness, ink);
    }
  }
}

void draw_legs_aside(const Sketch& sketch, const Legs& legs, float ground, Ink ink) {
  for (int pair = -1; pair <= 1; ++pair) {
    const auto p = static_cast<float>(pair);
    const float lean = p * legs.stride + sketch.jitter(0.1F);
    const Point root{legs.root_x + p * legs.spacing, 0.03F};
    const Point knee{root.x + 0.75F * lean, ground * (0.05F + sketch.jitter(0.12F))};
    const Point foot{root.x + 1.2F * lean, ground * (1 + sketch.jitter(0.1F))};
    draw_leg(sketch, root, knee, foot, legs.thickness, ink);
  }
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

Bands bee_bands(Random& random) {
  return {random.uniform(3.5F, 6.5F), random.uniform(0.3F, 0.65F), random.uniform(0.1F, 0.35F),
          random.uniform(0.55F, 1)};
}

Ink wing_ink(Random& random) {
  Ink ink = ink_within({{0.08F, 0.05F, 0.7F}, {0.6F, 0.2F, 1}}, random);
  if (random.chance(0.2F)) ink = scaled(ink, 0.4F);  // smoky
  ink.alpha = random.uniform(0.22F, 0.5F);
  return ink;
}

void draw_bee_above(const Sketch& sketch, const Coat& coat) {
  Random& random = sketch.random;
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
  Random& random = sketch.random;
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

void draw_one(Image& image, Insect kind, Point center, float length, Random& random) {
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
void draw_foreground(Image& image, float size, Random& random) {
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

Image draw_insect(Insect kind, int size, Random& random) {
  assert(size >= 32);
  Image image(size, size);
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

}  // namespace engraft
