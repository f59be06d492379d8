// engraft compare DATA --models a,b,c
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/table.h"
#include "engraft/error.h"
#include "run/compare.h"
#include "run/places.h"

namespace engraft::cli {
namespace {

struct CompareOptions : VerbOptions {
  run::CompareRequest request;
  std::string plot;
};

nlohmann::json to_json(const run::Compared& one) {
  nlohmann::json json{{"model", one.candidate.name}, {"weights", one.candidate.weights}};
  if (!one.error.empty()) {
    json["error"] = one.error;
    return json;
  }
  json.update({{"accuracy", one.accuracy_percent()},
               {"low", 100 * one.interval().low},
               {"high", 100 * one.interval().high},
               {"loss", one.probe.loss},
               {"penalty", one.probe.penalty},
               {"images", one.probe.pictures},
               {"images_per_second", one.images_per_second},
               {"features", one.features},
               {"parameters", one.cost.parameters},
               {"multiply_adds", one.cost.multiply_adds},
               {"seconds", one.seconds}});
  return json;
}

void print_table(Console& console, const run::Comparison& comparison) {
  Table table({{"network", Align::kLeft},
               {"accuracy", Align::kRight},
               {"95 % interval", Align::kRight},
               {"images/s", Align::kRight},
               {"parameters", Align::kRight},
               {"features", Align::kRight}});
  for (const run::Compared& one : comparison.results) {
    if (!one.error.empty()) continue;
    const learn::Interval interval = one.interval();
    table.add({one.candidate.label, fmt::format("{:.2f} %", one.accuracy_percent()),
               fmt::format("{:.1f} to {:.1f} %", 100 * interval.low, 100 * interval.high),
               fmt::format("{:.1f}", one.images_per_second), base::grouped(one.cost.parameters),
               base::grouped(one.features)});
  }
  table.print(console);
  for (const run::Compared& one : comparison.results) {
    if (!one.error.empty()) console.line(fmt::format("{}: {}", one.candidate.label, one.error));
  }
}

std::string conclusion(const run::Comparison& comparison) {
  std::vector<std::string> best;
  for (std::size_t i = 0; i < comparison.best_count(); ++i) {
    best.push_back(comparison.results[i].candidate.label);
  }
  std::string text = best.size() == 1
                         ? best[0] + " is the best"
                         : fmt::format("{} are equally good", fmt::join(best, " and "));
  const run::Compared& first = comparison.results.front();
  const run::Compared& choice = *comparison.recommended();
  if (&choice != &first) {
    text += fmt::format("; {} is {:.1f} times as fast{}", choice.candidate.label,
                        choice.images_per_second / first.images_per_second,
                        choice.probe.right == first.probe.right ? "" : " and not clearly worse");
  }
  return text;
}

int compare(const CompareOptions& options) {
  Console console(options.format());
  if (!options.plot.empty()) {
    if (!options.plot.ends_with(".svg")) {
      throw OptionError("--plot " + options.plot + ": the plot is an .svg file");
    }
    run::require_writable(options.plot);
  }
  run::CompareRequest request = options.request;
  request.settings = options.settings;
  const run::Comparison comparison = run::compare(
      request, {.shared = console.events(),
                .opened =
                    [&](const run::Comparison& opened) {
                      console.line(fmt::format(
                          "{} pictures of {} classes; {}-fold cross-validation of a linear head",
                          base::grouped(opened.pictures), opened.classes, request.folds));
                    },
                .compared =
                    [&](const run::Compared& one) {
                      console.note(one.error.empty()
                                       ? fmt::format("{}: {:.2f} %, {:.1f} s", one.candidate.label,
                                                     one.accuracy_percent(), one.seconds)
                                       : fmt::format("{}: {}", one.candidate.label, one.error));
                    }});
  print_table(console, comparison);
  const bool any = comparison.best_count() > 0;
  if (any) {
    console.line(conclusion(comparison));
    if (!options.plot.empty()) {
      base::write_atomically(options.plot, run::comparison_svg(comparison, request.data));
    }
  }
  if (console.json()) {
    nlohmann::json document = nlohmann::json::array();
    for (const run::Compared& one : comparison.results) document.push_back(to_json(one));
    console.document(document);
  }
  if (!comparison.complete) return kInterrupted;
  return any ? kDone : kFailed;
}

}  // namespace

void add_compare(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("compare", "which backbone suits these pictures: accuracy and speed");
  const auto options = std::make_shared<CompareOptions>();
  command
      ->add_option("DATA", options->request.data,
                   "class folders, or train/ and val/ of class folders")
      ->required();
  command
      ->add_option("--models", options->request.models,
                   "networks, or NAME=FILE for weights of your own (commas in FILE doubled); fast, "
                   "accurate, or all-cached (those that need no download)")
      ->type_name("NAME,...")
      ->capture_default_str();
  command->add_option("--folds", options->request.folds, "parts of the cross-validation")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  command->add_option("--plot", options->plot, "accuracy against speed, as a picture")
      ->type_name("FILE.svg");
  add_settings(*command, options->settings, training::kCompare);
  add_json(*command, *options);
  command->callback([options, &exit_code] { exit_code = compare(*options); });
}

}  // namespace engraft::cli
