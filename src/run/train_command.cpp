#include "run/train_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace engraft::run {
namespace {

bool means_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./=,:+@%").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_quoted(std::string_view argument) {
  if (!argument.empty() && std::ranges::all_of(argument, means_itself)) {
    return std::string(argument);
  }
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string train_command(const std::string& data, const base::Path& output,
                          const training::Settings& settings) {
  std::string command = "engraft train " + shell_quoted(data);
  if (!output.empty()) command += " --out " + shell_quoted(output.string());
  training::visit_settings(settings, [&](const training::Setting& setting, const auto& member) {
    if (!settings.is_given(setting.name)) return;
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, bool>) {
      command += fmt::format(" --{}{}", member ? "" : "no-", setting.name);
    } else {
      command += fmt::format(" --{} {}", setting.name,
                             shell_quoted(training::setting_text(settings, setting.name)));
    }
  });
  return command;
}

}  // namespace engraft::run
