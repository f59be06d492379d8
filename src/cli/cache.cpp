// engraft cache
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "base/text.h"
#include "cache/record_store.h"
#include "cli/commands.h"
#include "cli/options.h"

namespace engraft::cli {
namespace {

struct CacheOptions : VerbOptions {
  double keep = 0;  // GB
};

std::string size_text(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) * 1e-6);
}

std::string age_text(std::filesystem::file_time_type used) {
  const auto age = std::filesystem::file_time_type::clock::now() - used;
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(age).count();
  if (hours < 1) return "within the hour";
  return hours < 48 ? fmt::format("{} hours ago", hours) : fmt::format("{} days ago", hours / 24);
}

void show(const CacheOptions& options) {
  Console console(options.format());
  const base::Path folder = cache::default_cache_folder();
  const std::vector<cache::CacheEntry> entries = cache::list_cache(folder);
  std::uint64_t total = 0;
  for (const cache::CacheEntry& entry : entries) total += entry.bytes;
  if (console.json()) {
    nlohmann::json list = nlohmann::json::array();
    for (const cache::CacheEntry& entry : entries) {
      list.push_back(
          {{"description", entry.description}, {"records", entry.records}, {"bytes", entry.bytes}});
    }
    return console.document({{"folder", folder.string()},
                             {"bytes", total},
                             {"limit", cache::default_cache_limit()},
                             {"entries", list}});
  }
  for (const cache::CacheEntry& entry : entries) {
    console.line(fmt::format("{:>10}  {:>9} records, used {}", size_text(entry.bytes),
                             base::grouped(static_cast<std::int64_t>(entry.records)),
                             age_text(entry.used)));
    console.line(fmt::format("            {}", entry.description));
  }
  console.line(fmt::format("{} in {} (limit {:.1f} GB)", size_text(total), folder.string(),
                           static_cast<double>(cache::default_cache_limit()) * 1e-9));
}

void trim(std::uint64_t limit) {
  Console console(OutputFormat::kText);
  const std::uint64_t removed = cache::trim_cache(cache::default_cache_folder(), limit);
  console.line(fmt::format("{} removed", size_text(removed)));
}

}  // namespace

void add_cache(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command =
      program.add_subcommand("cache", "what is kept between runs, so that it is computed once");
  const auto options = std::make_shared<CacheOptions>();
  add_json(*command, *options);
  command->require_subcommand(0, 1);
  CLI::App* trim_command =
      command->add_subcommand("trim", "removes what was used least recently, down to a size");
  trim_command->add_option("--to", options->keep, "what may stay, in GB (default: the limit)")
      ->type_name("GB")
      ->check([](const std::string& text) {
        double number = 0;
        const bool valid = CLI::detail::lexical_cast(text, number) && number >= 0 && number < 1e9;
        return valid ? std::string() : text + ": must be a number of at least 0";
      });
  CLI::App* clear_command = command->add_subcommand("clear", "removes everything");
  command->callback([options, trim_command, clear_command] {
    if (clear_command->parsed()) {
      return trim(0);
    }
    if (!trim_command->parsed()) return show(*options);
    const bool given = trim_command->count("--to") > 0;
    trim(given ? static_cast<std::uint64_t>(options->keep * 1e9) : cache::default_cache_limit());
  });
}

}  // namespace engraft::cli
