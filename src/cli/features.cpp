// engraft features DATA --model NAME -o FILE
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "run/features.h"

namespace engraft::cli {
namespace {

struct FeaturesOptions : VerbOptions {
  std::string data;
  std::string output;
};

int write_features(const FeaturesOptions& options) {
  Console console(options.format());
  const std::optional<run::FeaturesResult> result = run::write_features(
      {.data = options.data, .output = options.output, .settings = options.settings},
      console.events());
  if (!result) return kInterrupted;
  nlohmann::json images = nlohmann::json::array();
  for (const data::Sample& sample : result->data.samples) {
    const std::string& label = result->data.classes[static_cast<std::size_t>(sample.label)];
    if (!console.json()) console.answer(sample.name, "\t" + label);
    images.push_back({{"path", sample.name}, {"class", label}});
  }
  console.note(
      fmt::format("{}: {} at {}", options.output, base::to_string(result->shape), result->cut));
  if (console.json()) {
    console.document({{"file", options.output},
                      {"shape", result->shape},
                      {"cut", result->cut},
                      {"images", images}});
  }
  return kDone;
}

}  // namespace

void add_features(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "features", "a backbone's features of every picture, in the order of the printed list");
  const auto options = std::make_shared<FeaturesOptions>();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command->add_option("-o,--output", options->output, "the file to write: .npy or .safetensors")
      ->type_name("FILE")
      ->required();
  add_settings(*command, options->settings, training::kFeatures);
  add_json(*command, *options);
  command->callback([options, &exit_code] { exit_code = write_features(*options); });
}

}  // namespace engraft::cli
