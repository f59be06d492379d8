// One step of a pipeline, of any kind. Each kind stands in one place, a struct in the file of its
// family; `Step` lists them, and the compiler says what a new one lacks
// (docs/adding-a-transform.md).
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "transforms/crops.h"
#include "transforms/geometry.h"

namespace engraft::transforms {

// What every kind of step has.
template <typename Kind>
concept StepKind = std::equality_comparable<Kind> &&
    requires(const Kind& step, const StepText& text, image::Size size, base::Random& random) {
  // As it is written.
  { Kind::kName } -> std::convertible_to<std::string_view>;
  // From its text; whatever is wrong fails (step_text.h).
  { Kind::read(text) } -> std::same_as<Kind>;
  // What stands in its parentheses; empty for none.
  { step.arguments() } -> std::same_as<std::string>;
  // Of a picture of this size; {0, 0} where that is unknown and matters.
  { step.size_after(size) } -> std::same_as<image::Size>;
  // Whether two visits of a picture of this size can differ.
  { step.is_random(size) } -> std::same_as<bool>;
  // What the dice say. Only a step that can be random draws.
  { step.draw(size, random) } -> std::same_as<Action>;
};

using Step =
    std::variant<CenterCrop, HorizontalFlip, RandomCrop, RandomResizedCrop, RandomRotation, Resize>;

std::vector<std::string> step_names();

// Throws Error for a name that there is none of, with the one that it may have meant.
Step read_step(const StepText& text);

std::string to_string(const Step& step);
image::Size size_after(const Step& step, image::Size before);
bool is_random(const Step& step, image::Size before);
Action draw(const Step& step, image::Size picture, base::Random& random);

}  // namespace engraft::transforms
