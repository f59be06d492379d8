// The transforms of Winograd's minimal filtering F(4 × 4, 3 × 3): tiles of a picture to the values
// that are multiplied, and products back to tiles. Vectors of channels, compiled for AVX2, AVX-512,
// and portably.
#pragma once

#include <array>
#include <cstdint>

#include "graph/layer.h"
#include "onednn/onednn.h"

namespace engraft::onednn {

constexpr std::int64_t kTileOut = 4;                       // a tile's results, in each direction
constexpr std::int64_t kTileIn = 6;                        // the inputs that they need
constexpr std::int64_t kTileMatrices = kTileIn * kTileIn;  // products a tile and pair of channels

// Where numbers lie, in numbers from the beginning: of vectors of channels ("blocks") at places (a
// picture's pixels, or tiles).
struct VectorStrides {
  std::int64_t outer = 0;  // a picture, or a matrix
  std::int64_t block = 0;
  std::int64_t place = 0;
};

// What all tiles of a convolution share.
struct TileJob {
  graph::Pair in;   // height and width of the source
  graph::Pair out;  // and of the destination
  graph::Pair padding;
  graph::Pair tiles;           // of one picture
  std::int64_t in_blocks = 0;  // vectors of channels
  std::int64_t out_blocks = 0;
  VectorStrides source;
  VectorStrides values;
  VectorStrides products;
  VectorStrides destination;
  bool channels_last = false;  // the blocks of a place lie beside each other
  bool sum = false;            // the destination holds what is added
  float low = 0;               // results are held between these
  float high = 0;
};

struct TileTransforms {
  // Tiles [first, last) of the source to values.
  void (*scatter)(const TileJob&, std::int64_t first, std::int64_t last, const void* source,
                  void* values);
  // Products (float32) to tiles [first, last) of the destination.
  void (*gather)(const TileJob&, std::int64_t first, std::int64_t last, const float* products,
                 const float* bias, void* destination);
};

// For vectors of 8 or 16 channels. Source, values and destination are float32, or, in vectors of
// 16, bfloat16.
TileTransforms tile_transforms(std::int64_t block, Type type);

// What a filter of 3 weights becomes in one direction: the i-th of six values is the sum of its
// weights, each multiplied by its number in the i-th row. Already divided by what the inputs'
// transform leaves too much.
using FilterPoints = std::array<std::array<double, 3>, kTileIn>;
FilterPoints filter_points();

}  // namespace engraft::onednn
