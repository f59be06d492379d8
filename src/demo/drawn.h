// Bees and ants drawn by the program itself: the dataset that the demo trains on, so that it needs
// neither a download nor other people's photos. Both kinds come in overlapping colours and before
// the same scenery; what tells them apart is how they are built, as in real photos.
#pragma once

#include "base/random.h"
#include "image/image.h"

namespace engraft::demo {

enum class Insect { kAnt, kBee };

// A square picture, `size` pixels a side (32 or more; a few milliseconds at 128), of one to three
// insects from above or from the side. The stream alone decides what it shows: equal streams give
// equal pixels on every machine.
image::Image draw_insect(Insect kind, int size, base::Random& random);

}  // namespace engraft::demo
