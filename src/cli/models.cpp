// engraft models
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/table.h"
#include "fetch/download.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

struct ModelsOptions : VerbOptions {
  double max_millions = 0;  // parameters; 0: any
  double max_giga = 0;      // multiply-adds; 0: any
  std::string sort = "name";
  bool cached = false;  // only those whose weights are here
};

struct Row {
  const zoo::Architecture* architecture;
  graph::Pair input_size;
  graph::Cost cost;
  double top1 = 0;                // the best of its published weights
  std::vector<bool> cached = {};  // of each of these, whether its file lies in the cache, whole
};

bool is_usable(const Row& row) {
  return row.architecture->built_in || std::ranges::count(row.cached, true) > 0;
}

std::vector<Row> selected_rows(const ModelsOptions& options) {
  std::vector<Row> rows;
  for (const zoo::Architecture& architecture : zoo::architectures()) {
    const graph::Graph graph = architecture.build();
    Row row{&architecture, graph.input_size, graph::cost_of(graph)};
    for (const zoo::PublishedWeights& one : architecture.weights) {
      row.top1 = std::max(row.top1, one.top1_percent);
    }
    const auto within = [](std::int64_t count, double unit, double most) {
      return most <= 0 || static_cast<double>(count) <= most * unit;
    };
    if (!within(row.cost.parameters, 1e6, options.max_millions) ||
        !within(row.cost.multiply_adds, 1e9, options.max_giga)) {
      continue;
    }
    for (const zoo::PublishedWeights& one : architecture.weights) {
      row.cached.push_back(fetch::has_checkpoint(std::string(one.file)));
    }
    if (!options.cached || is_usable(row)) rows.push_back(std::move(row));
  }
  const auto by = [&](auto key) { std::ranges::stable_sort(rows, {}, key); };
  if (options.sort == "params") by([](const Row& row) { return row.cost.parameters; });
  if (options.sort == "macs") by([](const Row& row) { return row.cost.multiply_adds; });
  if (options.sort == "top1") by([](const Row& row) { return -row.top1; });
  return rows;
}

// In thousand millions, in five letters.
std::string gigas(std::int64_t count) {
  const double number = static_cast<double>(count) * 1e-9;
  return number < 100 ? fmt::format("{:.2f}", number) : fmt::format("{:.1f}", number);
}

// A line for each of its weights; numbers short enough that all columns fit a terminal.
void add_rows(Table& table, const Row& row) {
  const auto line = [&](std::string_view weights, const std::string& top1, bool here) {
    const bool square = row.input_size.height == row.input_size.width;
    table.add({std::string(row.architecture->name),
               square ? fmt::format("{}", row.input_size.height)
                      : fmt::format("{}×{}", row.input_size.height, row.input_size.width),
               fmt::format("{:.1f}M", static_cast<double>(row.cost.parameters) * 1e-6),
               gigas(row.cost.multiply_adds), std::string(weights), top1, here ? "yes" : "no"});
  };
  if (row.architecture->weights.empty()) {
    const bool built_in = row.architecture->built_in;
    line(built_in ? "built in" : "none published", "-", built_in);
  }
  for (std::size_t i = 0; i < row.architecture->weights.size(); ++i) {
    const zoo::PublishedWeights& one = row.architecture->weights[i];
    line(one.name, one.top1_percent > 0 ? fmt::format("{:.2f}", one.top1_percent) : "-",
         row.cached[i]);
  }
}

nlohmann::json to_json(const Row& row) {
  nlohmann::json weights = nlohmann::json::array();
  for (std::size_t i = 0; i < row.architecture->weights.size(); ++i) {
    const zoo::PublishedWeights& one = row.architecture->weights[i];
    weights.push_back({{"name", one.name},
                       {"file", one.file},
                       {"url", one.url},
                       {"top1", one.top1_percent},
                       {"licence", one.licence},
                       {"cached", bool{row.cached[i]}}});
  }
  return {{"name", row.architecture->name},
          {"input_size", {row.input_size.height, row.input_size.width}},
          {"parameters", row.cost.parameters},
          {"multiply_adds", row.cost.multiply_adds},
          {"weights", weights}};
}

void list_models(const ModelsOptions& options) {
  Console console(options.format());
  const std::vector<Row> rows = selected_rows(options);
  if (console.json()) {
    nlohmann::json document = nlohmann::json::array();
    for (const Row& row : rows) document.push_back(to_json(row));
    console.document(document);
    return;
  }
  Table table({{"name", Align::kLeft},
               {"input", Align::kRight},
               {"params", Align::kRight},
               {"GMACs", Align::kRight},
               {"weights", Align::kLeft},
               {"top-1", Align::kRight},
               {"here", Align::kRight}});
  for (const Row& row : rows) add_rows(table, row);
  table.print(console);
  console.line(fmt::format("cache: {}", fetch::checkpoint_folder().string()));
}

}  // namespace

void add_models(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command =
      program.add_subcommand("models", "the zoo: size, cost, accuracy, weights at hand or not");
  const auto options = std::make_shared<ModelsOptions>();
  command->add_option("--max-params", options->max_millions, "at most so many million parameters")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--max-macs", options->max_giga,
                   "at most so many thousand million multiply-adds")
      ->check(CLI::PositiveNumber);
  command->add_option("--sort", options->sort, "by what; the best top-1 first")
      ->check(CLI::IsMember({"name", "params", "macs", "top1"}))
      ->capture_default_str();
  command->add_flag("--cached", options->cached, "only those whose weights need no download");
  add_json(*command, *options);
  command->callback([options] { list_models(*options); });
}

}  // namespace engraft::cli
