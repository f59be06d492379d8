// The vocabulary of the pretraining pictures: outlines, things made of strokes, surfaces. None of
// them is an insect; they only share with the living world that it has petals, shells, stripes,
// limbs and joints.
#pragma once

#include <array>
#include <string_view>

#include "base/random.h"
#include "demo/draw.h"
#include "image/image.h"

namespace engraft::sprout {

enum class Figure {
  kDisc,
  kOval,
  kPod,
  kTriangle,
  kSquare,
  kBar,
  kPentagon,
  kHexagon,
  kStar4,
  kStar5,
  kStar6,
  kBurst,
  kCross,
  kRing,
  kCrescent,
  kHeart,
  kDrop,
  kLeaf,
  kLobedLeaf,
  kFlower,
  kDaisy,
  kTulip,
  kMushroom,
  kFish,
  kBird,
  kFeather,
  kSpiral,
  kTree,
  kFern,
  kMesh,
  kZigzag,
  kWave,
  kWheel,
  kGear,
  kKey,
  kBottle,
  kCup,
  kHouse,
  kArrow,
  kBolt,
  kChain2,
  kChain3,
  kChain4,
  kStarfish,
  kJellyfish,
  kGlyph,
  kShell,
  kCactus,
};

constexpr std::array<std::string_view, 48> kFigureNames{
    "disc",   "oval",    "pod",        "triangle", "square",    "bar",   "pentagon", "hexagon",
    "star4",  "star5",   "star6",      "burst",    "cross",     "ring",  "crescent", "heart",
    "drop",   "leaf",    "lobed_leaf", "flower",   "daisy",     "tulip", "mushroom", "fish",
    "bird",   "feather", "spiral",     "tree",     "fern",      "mesh",  "zigzag",   "wave",
    "wheel",  "gear",    "key",        "bottle",   "cup",       "house", "arrow",    "bolt",
    "chain2", "chain3",  "chain4",     "starfish", "jellyfish", "glyph", "shell",    "cactus"};

enum class Surface {
  kPlain,
  kShaded,
  kGlossy,
  kBands,
  kStripes,
  kSpots,
  kSpeckles,
  kChecks,
  kMottled,
  kRings,
  kVeins,
  kFur,
};

constexpr std::array<std::string_view, 12> kSurfaceNames{"plain",   "shaded", "glossy",   "bands",
                                                         "stripes", "spots",  "speckles", "checks",
                                                         "mottled", "rings",  "veins",    "fur"};

enum class Limbs { kNone, kStraight, kJointed, kCurved, kFringe, kLobes, kVeils };

constexpr std::array<std::string_view, 7> kLimbNames{"none",   "straight", "jointed", "curved",
                                                     "fringe", "lobes",    "veils"};

// One figure about the frame's origin, between -1 and 1. `fine` sets how fine the surface's
// pattern is (periods to a unit); `limbs` and how many of them there are (0 to 8) are drawn behind.
struct Look {
  Figure figure = Figure::kDisc;
  Surface surface = Surface::kPlain;
  Limbs limbs = Limbs::kNone;
  int limb_count = 0;
  float fine = 3;
  demo::Ink ink;
  demo::Ink second;
};
void draw_figure(image::Image& image, const demo::Frame& frame, const Look& look,
                 base::Random& random);

}  // namespace engraft::sprout
