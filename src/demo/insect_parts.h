// The parts that drawn ants and bees are put together from: a pen in the insect's own coordinates,
// abdomens, wings, legs.
#pragma once

#include <initializer_list>

#include "base/random.h"
#include "demo/draw.h"
#include "image/image.h"

namespace engraft::demo {

// The colours an insect wears.
struct Coat {
  Ink body;
  Ink band;  // the abdomen's second colour
  Ink limb;
  Ink fur;  // bees only
  float gloss = 0.3F;
};

// A pen in an insect's own coordinates: its length is 1, the head towards +x.
struct Sketch {
  image::Image& image;
  Frame frame;
  base::Random& random;

  float jitter(float amount) const { return random.uniform(-amount, amount); }

  void limb(std::initializer_list<Point> joints, float from, float to, Ink ink) const;

  void solid(Solid form, Ink ink, float gloss) const;

  // Short hairs all over an ellipse and a little beyond its edge.
  void fur(const Solid& form, int hairs, float length, Ink ink) const;
};

// Bands across an abdomen, bent with its roundness; `share` of each is the second colour.
struct Bands {
  float count = 5;
  float share = 0.5F;
  float bend = 0.15F;
  float strength = 1;
};

void draw_abdomen(const Sketch& sketch, Solid form, const Coat& coat, const Bands& bands);

// A translucent wing from `root` in the direction of `angle`, with the veins that catch the light.
void draw_wing(const Sketch& sketch, Point root, float angle, float length, float breadth, Ink ink);

// Under the body, away from the light, with a soft edge.
void draw_shadow(const Sketch& sketch, float breadth);

// Three pairs of legs, each leg of three parts, from the middle of the body.
struct Legs {
  float root_x;   // the middle pair's
  float spacing;  // between pairs
  float reach;    // to the side
  float stride;   // the front pair's forwards, the hind pair's backwards
  float thickness;
};

// Six legs, to both sides.
void draw_legs_above(const Sketch& sketch, const Legs& legs, Ink ink);

// The three legs of one side, seen from there, down to `ground`. Those of the far side are drawn
// darker, before the body.
void draw_legs_aside(const Sketch& sketch, const Legs& legs, float ground, Ink ink);

}  // namespace engraft::demo
