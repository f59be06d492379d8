// How pictures are normalised, as it is written: in a pipeline,
//   "normalize(mean=0.485,0.456,0.406,std=0.229,0.224,0.225)" or "normalize(none)",
// and on the command line, --mean and --std. Red, green and blue, in units of pixel / 255; one
// number stands for all three.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "transforms/normalization.h"
#include "transforms/step_text.h"

namespace engraft::transforms {

// From "0.485,0.456,0.406" and "0.229,0.224,0.225". Throws Error.
Normalization parse_normalization(std::string_view mean, std::string_view stddev);

// Of a step "normalize"; a bare one says nothing. Throws Error that begins with its text.
std::optional<Normalization> read_normalization(const StepText& step);

// "normalize(...)": reading it gives the same numbers.
std::string to_string(const Normalization& normalization);

// What one place (an option, for messages) says of normalisation, if anything.
struct Said {
  std::string where;
  std::optional<Normalization> normalization;
};

// What all places that say something agree on; nothing where none does. Throws Error that names
// two places where they differ: a network must see training pictures as it will see others.
std::optional<Normalization> agreed(std::span<const Said> places);

}  // namespace engraft::transforms
