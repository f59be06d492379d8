#include "demo/insect_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace engraft::demo {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

void draw_leg(const Sketch& sketch, Point root, Point knee, Point foot, float thickness, Ink ink) {
  const Point toe{foot.x + 0.3F * (foot.x - knee.x) + sketch.jitter(0.02F),
                  foot.y + 0.1F * (foot.y - knee.y)};
  sketch.limb({root, knee}, thickness * 1.25F, thickness, ink);
  sketch.limb({knee, foot}, thickness, thickness * 0.7F, ink);
  sketch.limb({foot, toe}, thickness * 0.6F, thickness * 0.4F, ink);
}

}  // namespace

void Sketch::limb(std::initializer_list<Point> joints, float from, float to, Ink ink) const {
  const std::vector<Point> own(joints);
  const auto path = to_picture(frame, own);
  paint(image, cover_stroke(image, path, from * frame.unit(), to * frame.unit()), ink);
}

void Sketch::solid(Solid form, Ink ink, float gloss) const {
  form.gloss = gloss;
  paint_solid(image, frame, form, [&](float, float) { return ink; });
}

void Sketch::fur(const Solid& form, int hairs, float length, Ink ink) const {
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

}  // namespace engraft::demo
