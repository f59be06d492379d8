#include "transforms/pipeline.h"

#include <fmt/format.h>

#include <utility>

namespace engraft::transforms {

Pipeline parse_pipeline(std::string_view text) {
  Pipeline pipeline;
  std::string ending;  // to_tensor or normalize, after which no step on pictures can follow
  for (std::string_view rest = trim(text); !rest.empty(); rest = trim(rest)) {
    const StepText step = cut_step(rest);
    if (step.name == "to_tensor" || step.name == "normalize") {
      if (step.text != step.name) {
        fail(step, fmt::format("{} takes nothing here: mean and standard deviation are the "
                               "backbone's",
                               step.name));
      }
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
  for (const Step& step : pipeline.steps) {
    if (!text.empty()) text += ' ';
    text += to_string(step);
  }
  return text;
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
