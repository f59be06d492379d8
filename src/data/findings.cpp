#include "data/findings.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/file.h"
#include "data/same_content.h"

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
  const auto found = formats.find(base::lower_extension(name));
  return found == formats.end() ? "" : to_string(found->second);
}

void find_copies(const Dataset& dataset, Findings& findings) {
  for (const SameContent& files : by_content(dataset)) {
    if (files.size() < 2) continue;
    Findings::Names names;
    for (const std::size_t file : files) names.push_back(dataset.samples[file].name);
    if (!on_one_side(dataset, files)) findings.leaks.push_back(names);
    if (!in_one_class(dataset, files)) findings.conflicts.push_back(names);
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
