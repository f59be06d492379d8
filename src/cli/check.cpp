// engraft check DATA
#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/hash.h"
#include "base/parallel.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "image/decode.h"
#include "run/compute.h"

namespace engraft::cli {
namespace {

constexpr double kImbalanced = 10;  // largest class over smallest

struct CheckCommandOptions : VerbOptions {
  std::string data;
};

struct Findings {
  std::vector<std::vector<std::string>> duplicates;  // names with the same bytes
  std::vector<std::vector<std::string>> leaks;       // of those, on both sides of the split
  std::vector<std::vector<std::string>> conflicts;   // of those, in more than one class
  std::vector<data::Skipped> misnamed;               // content of another format than the name says
};

std::string extension_format(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  std::string extension = dot == std::string::npos ? "" : name.substr(dot + 1);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static const std::map<std::string, image::ImageFormat> formats = {
      {"jpg", image::ImageFormat::kJpeg},  {"jpeg", image::ImageFormat::kJpeg},
      {"png", image::ImageFormat::kPng},   {"webp", image::ImageFormat::kWebp},
      {"gif", image::ImageFormat::kGif},   {"tif", image::ImageFormat::kTiff},
      {"tiff", image::ImageFormat::kTiff}, {"bmp", image::ImageFormat::kBmp},
      {"ppm", image::ImageFormat::kPnm},   {"pgm", image::ImageFormat::kPnm}};
  const auto found = formats.find(extension);
  return found == formats.end() ? "" : to_string(found->second);
}

Findings examine(const data::Dataset& data, int workers) {
  std::vector<std::string> hashes(data.samples.size());
  std::vector<image::ImageFormat> formats(data.samples.size());
  base::parallel_for(data.samples.size(), workers, [&](std::size_t i, int) {
    const base::Bytes bytes = base::read_file(data.samples[i].path);
    hashes[i] = base::sha256_hex(bytes);
    formats[i] = image::sniff_image_format(bytes);
  });
  Findings findings;
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    groups[hashes[i]].push_back(i);
    const std::string& name = data.samples[i].name;
    if (const std::string actual = to_string(formats[i]); extension_format(name) != actual) {
      findings.misnamed.push_back({name, "is a " + actual + " file by its content"});
    }
  }
  for (const auto& [hash, members] : groups) {
    if (members.size() < 2) continue;
    std::vector<std::string> names;
    bool leaks = false;
    bool conflicts = false;
    for (const std::size_t i : members) {
      names.push_back(data.samples[i].name);
      leaks = leaks || data.samples[i].split != data.samples[members[0]].split;
      conflicts = conflicts || data.samples[i].label != data.samples[members[0]].label;
    }
    findings.duplicates.push_back(names);
    if (leaks) findings.leaks.push_back(names);
    if (conflicts) findings.conflicts.push_back(names);
  }
  return findings;
}

void list_groups(Console& console, const char* title,
                 const std::vector<std::vector<std::string>>& groups) {
  if (groups.empty()) return;
  console.line(fmt::format("{}: {}", title, groups.size()));
  for (const std::vector<std::string>& group : groups) {
    std::string text;
    for (const std::string& name : group) text += (text.empty() ? "  " : " = ") + name;
    console.line(text);
  }
}

void list_files(Console& console, const char* title, const std::vector<data::Skipped>& files) {
  if (files.empty()) return;
  console.line(fmt::format("{}: {}", title, files.size()));
  for (const data::Skipped& file : files)
    console.line(fmt::format("  {}: {}", file.name, file.reason));
}

int check(const CheckCommandOptions& options) {
  Console console(options.format());
  data::Dataset data = data::scan_dataset(options.data);
  data::CheckOptions check;
  check.workers = run::worker_count(options.settings);
  check.progress = [&](std::size_t done, std::size_t total) {
    console.progress("opening pictures", done, total);
  };
  data::check_images(data, check);
  const Findings findings = examine(data, check.workers);

  std::vector<std::int64_t> counts(data.classes.size(), 0);
  for (const data::Sample& sample : data.samples) ++counts[static_cast<std::size_t>(sample.label)];
  const auto [fewest, most] = std::minmax_element(counts.begin(), counts.end());
  const bool imbalanced = static_cast<double>(*most) >= kImbalanced * static_cast<double>(*fewest);
  const bool clean = data.skipped.empty() && data.notes.empty() && findings.duplicates.empty() &&
                     findings.misnamed.empty() && !imbalanced;

  if (console.json()) {
    const auto files = [](const std::vector<data::Skipped>& list) {
      nlohmann::json array = nlohmann::json::array();
      for (const data::Skipped& file : list) {
        array.push_back({{"path", file.name}, {"reason", file.reason}});
      }
      return array;
    };
    nlohmann::json classes = nlohmann::json::array();
    for (std::size_t k = 0; k < counts.size(); ++k) {
      classes.push_back({{"name", data.classes[k]}, {"images", counts[k]}});
    }
    console.document({{"images", data.samples.size()},
                      {"classes", classes},
                      {"skipped", files(data.skipped)},
                      {"notes", files(data.notes)},
                      {"misnamed", files(findings.misnamed)},
                      {"duplicates", findings.duplicates},
                      {"leaks", findings.leaks},
                      {"conflicts", findings.conflicts},
                      {"imbalanced", imbalanced},
                      {"clean", clean}});
  } else {
    console.line(fmt::format("{}: {} pictures in {} classes", options.data, data.samples.size(),
                             data.classes.size()));
    for (std::size_t k = 0; k < counts.size(); ++k) {
      console.line(fmt::format("  {}: {}", data.classes[k], counts[k]));
    }
    list_files(console, "left out", data.skipped);
    list_files(console, "used, but damaged", data.notes);
    list_files(console, "named for another format (read all the same)", findings.misnamed);
    list_groups(console, "same file more than once", findings.duplicates);
    list_groups(console, "of these, both in training and in validation", findings.leaks);
    list_groups(console, "of these, in more than one class", findings.conflicts);
    if (imbalanced) {
      console.line(
          fmt::format("imbalance: the largest class has {} times the pictures of the smallest",
                      *most / std::max<std::int64_t>(*fewest, 1)));
    }
    if (clean) console.line("nothing wrong was found");
  }
  return options.settings.strict && !clean ? kFindings : kDone;
}

}  // namespace

void add_check(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "check",
      "what is wrong with a data set: unreadable, misnamed, duplicate, leaking, imbalanced");
  const auto options = std::make_shared<CheckCommandOptions>();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command->add_flag("--strict", options->settings.strict, "exit with 3 where something was found");
  add_settings(*command, options->settings, training::kCheck);
  add_json(*command, *options);
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace engraft::cli
