#include "cli/options.h"

#include <fmt/format.h>

#include <type_traits>

namespace engraft::cli {

void add_settings(CLI::App& command, training::Settings& settings, training::Verb verb) {
  training::visit_settings(settings, [&](const training::Setting& setting, auto& member) {
    if ((setting.verbs & verb) == 0) return;
    const std::string name(setting.name);
    const std::string sentence(setting.sentence);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, bool>) {
      // What is on by itself can be turned off.
      const std::string flag = member ? fmt::format("--{0},!--no-{0}", name) : "--" + name;
      command.add_flag_function(
          flag,
          [&settings, name](std::int64_t count) {
            training::set_setting(settings, name, count > 0 ? "true" : "false");
          },
          sentence);
    } else {
      CLI::Option* option = command.add_option_function<std::string>(
          "--" + name,
          [&settings, name](const std::string& text) {
            training::set_setting(settings, name, text);
          },
          sentence);
      option->type_name(std::string(setting.value));
      const std::string text = training::setting_text(settings, setting.name);
      // "" and 0 stand for what the sentence says.
      if (!text.empty() && (text != "0" || setting.name == "seed")) option->default_str(text);
    }
  });
}

void add_json(CLI::App& command, VerbOptions& options) {
  command.add_flag("--json", options.json, "one JSON document on standard output");
}

}  // namespace engraft::cli
