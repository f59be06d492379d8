#include "transforms/pipeline.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "transforms/normalization_text.h"

namespace engraft::transforms {

namespace {

// to_tensor or normalize, which end a pipeline.
void read_ending(const StepText& step, Pipeline& pipeline) {
  if (step.name == "to_tensor") {
    if (step.text != step.name) fail(step, "to_tensor takes nothing");
    return;
  }
  const std::optional<Normalization> own = read_normalization(step);
  if (own && pipeline.normalization) fail(step, "normalize is given twice");
  if (own) pipeline.normalization = own;
}

}  // namespace

Pipeline parse_pipeline(std::string_view text) {
  Pipeline pipeline;
  std::string ending;  // after which no step on pictures can follow
  for (std::string_view rest = base::trim(text); !rest.empty(); rest = base::trim(rest)) {
    const StepText step = cut_step(rest);
    if (step.name == "to_tensor" || step.name == "normalize") {
      read_ending(step, pipeline);
      ending = step.name;
      continue;
    }
    Step read = read_step(step);
    if (!ending.empty()) fail(step, fmt::format("cannot stand after {}; put it before", ending));
    pipeline.steps.push_back(std::move(read));
  }
  return pipeline;
}

std::string to_string(const Pipeline& pipeline) {
  std::string text;
  const auto add = [&](const std::string& one) { text += (text.empty() ? "" : " ") + one; };
  for (const Step& step : pipeline.steps) add(to_string(step));
  if (pipeline.normalization) add(to_string(*pipeline.normalization));
  return text;
}

Normalization normalization_of(const Pipeline& pipeline, const Normalization& network) {
  return pipeline.normalization.value_or(network);
}

bool is_random(const Pipeline& pipeline) {
  image::Size size;
  for (const Step& step : pipeline.steps) {
    if (is_random(step, size)) return true;
    size = size_after(step, size);
  }
  return false;
}

image::Size output_size(const Pipeline& pipeline) {
  image::Size size;
  for (const Step& step : pipeline.steps) size = size_after(step, size);
  return size;
}

std::vector<Action> draw(const Pipeline& pipeline, image::Size picture, base::Random& random) {
  std::vector<Action> actions;
  for (const Step& step : pipeline.steps) {
    actions.push_back(draw(step, picture, random));
    picture = size_after(actions.back(), picture);
  }
  return actions;
}

image::Image perform(std::span<const Action> actions, image::Image image) {
  for (const Action& action : actions) {
    if (!std::holds_alternative<Keep>(action)) image = perform(action, image);
  }
  return image;
}

}  // namespace engraft::transforms
