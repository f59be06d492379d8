#include "transforms/step.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <type_traits>

#include "base/nearest.h"

namespace engraft::transforms {
namespace {

struct KnownStep {
  std::string_view name;
  Step (*read)(const StepText&);
};

template <StepKind... Kinds>
constexpr auto table_of(std::type_identity<std::variant<Kinds...>>) {
  return std::array{
      KnownStep{Kinds::kName, [](const StepText& text) -> Step { return Kinds::read(text); }}...};
}

constexpr auto kKnownSteps = table_of(std::type_identity<Step>());

}  // namespace

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  for (const KnownStep& known : kKnownSteps) names.emplace_back(known.name);
  return names;
}

Step read_step(const StepText& text) {
  for (const KnownStep& known : kKnownSteps) {
    if (known.name == text.name) return known.read(text);
  }
  const std::vector<std::string> names = step_names();
  std::vector<std::string> known = names;
  known.insert(known.end(), {"normalize", "to_tensor"});  // what ends a pipeline
  const std::vector<std::string> meant = base::nearest(text.name, known, 1);
  StepText named = text;
  if (!text.name.empty()) named.text = text.name;
  fail(named, fmt::format("no such transform; {}there are: {}",
                          meant.empty() ? "" : fmt::format("did you mean {}? ", meant.front()),
                          fmt::join(names, ", ")));
}

std::string to_string(const Step& step) {
  return std::visit(
      [](const auto& kind) {
        const std::string arguments = kind.arguments();
        return arguments.empty() ? std::string(kind.kName)
                                 : fmt::format("{}({})", kind.kName, arguments);
      },
      step);
}

image::Size size_after(const Step& step, image::Size before) {
  return std::visit([&](const auto& kind) { return kind.size_after(before); }, step);
}

bool is_random(const Step& step, image::Size before) {
  return std::visit([&](const auto& kind) { return kind.is_random(before); }, step);
}

Action draw(const Step& step, image::Size picture, base::Random& random) {
  return std::visit([&](const auto& kind) { return kind.draw(picture, random); }, step);
}

}  // namespace engraft::transforms
