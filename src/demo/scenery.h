// What lies behind the drawn figures: soil, leaves, petals, grass and so on, filled from edge to
// edge with colours that vary as widely as light outdoors does. The demo's insects stand before
// it, and so did the figures that the embedded network was pretrained on.
#pragma once

#include <array>
#include <string_view>

#include "base/random.h"
#include "demo/draw.h"
#include "image/image.h"

namespace engraft::demo {

enum class Scenery {
  kSoil,
  kSand,
  kPebbles,
  kBark,
  kPlanks,
  kLeaf,
  kFoliage,
  kGrass,
  kPetals,
  kMeadow,  // many small flowers out of focus
  kBokeh,   // soft discs of light
  kCloth,
  kHaze,  // smooth changes of colour
  kMoss,
};

constexpr std::array<std::string_view, 14> kSceneryNames{
    "soil",  "sand",   "pebbles", "bark",  "planks", "leaf", "foliage",
    "grass", "petals", "meadow",  "bokeh", "cloth",  "haze", "moss"};

// A colour that such a thing may have: mostly its natural one, now and then any.
Ink scenery_ink(Scenery kind, base::Random& random);

// Fills the whole picture. `focus` in [0, 1] says how sharp: 0 is far out of focus.
void draw_scenery(image::Image& image, Scenery kind, float focus, base::Random& random);

// A leaf with its veins, lying along the frame's x from -1 to 1.
void draw_leaf(image::Image& image, const Frame& frame, float breadth, Ink ink,
               base::Random& random);

// A petal from the frame's origin along x to 1, darker towards its root.
void draw_petal(image::Image& image, const Frame& frame, float breadth, Ink ink, Ink root);

// What light and lens do to every drawn picture: brightness, contrast, tint, slanting light, blur
// and grain.
void expose(image::Image& image, base::Random& random);

}  // namespace engraft::demo
