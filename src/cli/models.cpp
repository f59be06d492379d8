// engraft models
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "fetch/download.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

// Whether a file of this name lies in the cache; its content is not read for a mere list.
bool is_cached(const zoo::PublishedWeights& weights) {
  return std::filesystem::exists(fetch::checkpoint_folder() / weights.file);
}

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
  double top1 = 0;  // the best of its published weights
};

bool is_usable(const zoo::Architecture& architecture) {
  return architecture.built_in || std::ranges::any_of(architecture.weights, is_cached);
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
    if (within(row.cost.parameters, 1e6, options.max_millions) &&
        within(row.cost.multiply_adds, 1e9, options.max_giga) &&
        (!options.cached || is_usable(architecture))) {
      rows.push_back(row);
    }
  }
  const auto by = [&](auto key) { std::ranges::stable_sort(rows, {}, key); };
  if (options.sort == "params") by([](const Row& row) { return row.cost.parameters; });
  if (options.sort == "macs") by([](const Row& row) { return row.cost.multiply_adds; });
  if (options.sort == "top1") by([](const Row& row) { return -row.top1; });
  return rows;
}

void print_row(Console& console, const Row& row) {
  const std::string front = fmt::format(
      "{:<18} {:>7} {:>13} {:>8.2f}", row.architecture->name,
      fmt::format("{}×{}", row.input_size.height, row.input_size.width),
      base::grouped(row.cost.parameters), static_cast<double>(row.cost.multiply_adds) * 1e-9);
  if (row.architecture->weights.empty()) {
    const bool built_in = row.architecture->built_in;
    console.line(fmt::format("{}  {:<25} {:>7}  {}", front,
                             built_in ? "built in" : "none published", "-",
                             built_in ? "yes" : "no"));
  }
  for (const zoo::PublishedWeights& one : row.architecture->weights) {
    const std::string top1 =
        one.top1_percent > 0 ? fmt::format("{:.2f}", one.top1_percent) : "no head";
    console.line(
        fmt::format("{}  {:<25} {:>7}  {}", front, one.name, top1, is_cached(one) ? "yes" : "no"));
  }
}

nlohmann::json to_json(const Row& row) {
  nlohmann::json weights = nlohmann::json::array();
  for (const zoo::PublishedWeights& one : row.architecture->weights) {
    weights.push_back({{"name", one.name},
                       {"file", one.file},
                       {"url", one.url},
                       {"top1", one.top1_percent},
                       {"licence", one.licence},
                       {"cached", is_cached(one)}});
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
  console.line(fmt::format("{:<18} {:>7} {:>13} {:>8}  {:<25} {:>7}  {}", "name", "input",
                           "parameters", "G MAdds", "weights", "top-1", "in the cache"));
  for (const Row& row : rows) print_row(console, row);
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
