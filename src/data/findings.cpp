#include "data/findings.h"

#include <algorithm>
#include <map>
#include <utility>

#include "data/folder_listing.h"

namespace engraft::data {
namespace {

// What the name's ending says, as to_string(ImageFormat) has it; "" for endings of no format.
std::string format_of_name(const std::string& name) {
  using image::ImageFormat;
  static const std::map<std::string, ImageFormat> formats = {
      {".jpg", ImageFormat::kJpeg},  {".jpeg", ImageFormat::kJpeg}, {".png", ImageFormat::kPng},
      {".webp", ImageFormat::kWebp}, {".gif", ImageFormat::kGif},   {".tif", ImageFormat::kTiff},
      {".tiff", ImageFormat::kTiff}, {".bmp", ImageFormat::kBmp},   {".ppm", ImageFormat::kPnm},
      {".pgm", ImageFormat::kPnm}};
  const auto found = formats.find(lower_extension(name));
  return found == formats.end() ? "" : to_string(found->second);
}

void find_copies(const Dataset& dataset, Findings& findings) {
  std::map<cache::RecordKey, std::vector<const Sample*>> groups;
  for (const Sample& sample : dataset.samples) groups[sample.content].push_back(&sample);
  for (const auto& [content, members] : groups) {
    if (members.size() < 2) continue;
    Findings::Names names;
    bool leaks = false;
    bool conflicts = false;
    for (const Sample* member : members) {
      names.push_back(member->name);
      leaks = leaks || member->split != members[0]->split;
      conflicts = conflicts || member->label != members[0]->label;
    }
    if (leaks) findings.leaks.push_back(names);
    if (conflicts) findings.conflicts.push_back(names);
    findings.duplicates.push_back(std::move(names));
  }
  for (auto* list : {&findings.duplicates, &findings.leaks, &findings.conflicts}) {
    std::sort(list->begin(), list->end());
  }
}

}  // namespace

Findings examine(const Dataset& dataset) {
  constexpr std::size_t kImbalanced = 10;
  Findings findings;
  find_copies(dataset, findings);
  findings.images.resize(dataset.classes.size());
  for (const Sample& sample : dataset.samples) {
    ++findings.images[static_cast<std::size_t>(sample.label)];
    const std::string actual = to_string(sample.format);
    if (format_of_name(sample.name) != actual) {
      findings.misnamed.push_back({sample.name, "is a " + actual + " file by its content"});
    }
  }
  for (const std::size_t count : findings.images) {
    if (count == 0) continue;
    findings.fewest = findings.fewest == 0 ? count : std::min(findings.fewest, count);
    findings.most = std::max(findings.most, count);
  }
  findings.imbalanced = findings.most > 0 && findings.most >= kImbalanced * findings.fewest;
  return findings;
}

}  // namespace engraft::data
