// Preprocessing as data: a pipeline is a list of steps, written as one short text that is the same
// on the command line, in recipes and inside a saved model, e.g.
//   "random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip"
// Steps act on 8-bit pictures; to_tensor and normalize follow at the end, with the network's mean
// and standard deviation unless the text says others: "... normalize(mean=0.5,std=0.5)".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "image/image.h"
#include "transforms/action.h"
#include "transforms/normalization.h"
#include "transforms/step.h"

namespace engraft::transforms {

struct Pipeline {
  std::vector<Step> steps;
  std::optional<Normalization> normalization = {};  // empty: the network's
  bool operator==(const Pipeline&) const = default;
};

// Throws Error that names the step or option, and lists what there is. `to_tensor` and a bare
// `normalize` are accepted at the end and mean nothing (they are implied).
Pipeline parse_pipeline(std::string_view text);

// The canonical text: parse_pipeline(to_string(p)) equals p.
std::string to_string(const Pipeline& pipeline);

// What follows the pipeline: its own, or else the network's.
Normalization normalization_of(const Pipeline& pipeline, const Normalization& network);

// Whether two visits of a picture can differ.
bool is_random(const Pipeline& pipeline);

// The height and width that the pipeline ends in, whatever the picture; {0, 0} where that depends
// on the picture (a lone resize(256)).
image::Size output_size(const Pipeline& pipeline);

// What is done to a picture of this size, an action a step: draws from `random` only in random
// steps, in order. Which pixels the picture has plays no part.
std::vector<Action> draw(const Pipeline& pipeline, image::Size picture, base::Random& random);

// The picture through all actions, in order.
image::Image perform(std::span<const Action> actions, image::Image image);

}  // namespace engraft::transforms
