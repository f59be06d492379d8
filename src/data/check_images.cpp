#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/expected.h"
#include "base/parallel.h"
#include "data/dataset.h"
#include "engraft/error.h"
#include "image/decode.h"

namespace engraft::data {
namespace {

struct Finding {
  bool readable = true;
  std::string text;      // the reason where it is not readable, else the note
  bool passing = false;  // what this moment lacks another has
};

// Calls `progress` about a hundred times, one call at a time, with rising numbers.
class Progress {
 public:
  Progress(const base::Events& events, std::size_t total)
      : events_(events), total_(total), stride_(std::max<std::size_t>(total / 100, 1)) {}

  void one_more() {
    if (!events_.progress) return;
    const std::lock_guard lock(mutex_);
    ++done_;
    if (done_ == total_ || done_ % stride_ == 0) {
      events_.progress("opening pictures", done_, total_);
    }
  }

 private:
  const base::Events& events_;
  std::size_t total_;
  std::size_t stride_;
  std::size_t done_ = 0;
  std::mutex mutex_;
};

// Findings are kept as: 1 or 2 for readable or not, then the text, then zeros.
constexpr std::size_t kFindingBytes = 256;

std::string finding_kind(const image::Limits& limits) {
  return fmt::format("what checking pictures found, version 3, decoders {}, limits {} {} {}",
                     image::kDecoderVersion, limits.max_pixels, limits.max_side, limits.max_bytes);
}

std::optional<Finding> kept_finding(const cache::RecordStore* store,
                                    const cache::RecordKey& content) {
  std::array<std::byte, kFindingBytes> record{};
  if (store == nullptr || !store->find(content, std::span<std::byte>(record))) return std::nullopt;
  return Finding{record[0] == std::byte{1}, reinterpret_cast<const char*>(record.data() + 1)};
}

void keep_finding(cache::RecordStore* store, const cache::RecordKey& content,
                  const Finding& finding) {
  std::array<std::byte, kFindingBytes> record{};
  if (store == nullptr || finding.passing || finding.text.size() > kFindingBytes - 2) return;
  record[0] = finding.readable ? std::byte{1} : std::byte{2};
  std::ranges::copy(std::as_bytes(std::span(finding.text)), record.begin() + 1);
  store->add(content, std::span<const std::byte>(record));
}

// Every byte is decoded, but at an eighth of its size: what is wrong shows as well there.
Finding look_at(std::span<const std::byte> file, const image::Limits& limits) {
  image::DecodeOptions options{.limits = limits};
  options.needs = [](int, int) { return image::JpegNeeds{.reduction = 8}; };
  const base::Expected<image::DecodedImage> decoded = image::decode_image(file, options);
  if (!decoded) return {false, decoded.reason(), decoded.problem().passing};
  return {true, decoded->note};
}

Finding open_one(Sample& sample, cache::RecordStore* store, const image::Limits& limits) {
  const base::Expected<base::Bytes> file = image::read_picture_file(sample.path, limits);
  if (!file) return {false, file.reason()};
  sample.content = cache::record_key(*file);
  sample.format = image::sniff_image_format(*file);
  if (const auto kept = kept_finding(store, sample.content)) return *kept;
  const Finding finding = look_at(*file, limits);
  keep_finding(store, sample.content, finding);
  return finding;
}

// A finding for each sample. With `strict`, those after the first unreadable one may be missing.
// Nothing where it was stopped.
std::optional<std::vector<Finding>> open_all(std::vector<Sample>& samples,
                                             const CheckOptions& options,
                                             const base::Events& events) {
  std::optional<cache::RecordStore> store;
  if (!options.cache.empty())
    store.emplace(options.cache, finding_kind(options.limits), kFindingBytes);
  std::vector<Finding> findings(samples.size());
  std::atomic<std::size_t> first_unreadable{samples.size()};
  std::atomic<bool> stopped = false;
  Progress progress(events, samples.size());
  base::parallel_for(samples.size(), options.workers, [&](std::size_t i, int) {
    // Items are begun in ascending order, so all before the first unreadable one are looked at.
    if (options.strict && i > first_unreadable) return;
    if (stopped || base::stopped(events)) {
      stopped = true;
      return;
    }
    findings[i] = open_one(samples[i], store ? &*store : nullptr, options.limits);
    if (!findings[i].readable) {
      std::size_t known = first_unreadable;
      while (i < known && !first_unreadable.compare_exchange_weak(known, i)) {
      }
    }
    progress.one_more();
  });
  if (stopped) return std::nullopt;
  return findings;
}

using ClassOnSide = std::pair<int, Split>;

std::string describe(const Dataset& dataset, const ClassOnSide& which) {
  const std::string& name = dataset.classes[static_cast<std::size_t>(which.first)];
  switch (which.second) {
    case Split::kUnassigned:
      return name;
    case Split::kTrain:
      return name + " (for training)";
    case Split::kVal:
      return name + " (for validation)";
    case Split::kTest:
      return name + " (for testing)";
  }
  return name;
}

// What is left of each class on each side.
struct Group {
  std::size_t usable = 0;
  std::vector<std::string> reasons;  // why the others are not
};
using Groups = std::map<ClassOnSide, Group>;

void require_all_groups(const Dataset& dataset, const Groups& groups) {
  constexpr std::ptrdiff_t kShown = 3;
  for (const auto& [which, group] : groups) {
    if (group.usable > 0 || which.second == Split::kTest) continue;
    const std::vector<std::string>& all = group.reasons;
    const auto shown = std::min(kShown, std::ssize(all));
    throw Error(fmt::format(
        "{}: no picture of class {} can be read; replace them or remove the class folder:\n  {}{}",
        dataset.root.string(), describe(dataset, which),
        fmt::join(all.begin(), all.begin() + shown, "\n  "),
        shown < std::ssize(all) ? fmt::format("\n  and {} more", std::ssize(all) - shown) : ""));
  }
}

}  // namespace

bool check_images(Dataset& dataset, const CheckOptions& options, const base::Events& events) {
  std::vector<Sample> samples = dataset.samples;
  const auto findings = open_all(samples, options, events);
  if (!findings) return false;
  std::vector<Sample> kept;
  std::vector<Skipped> skipped;
  std::vector<Skipped> notes;
  Groups groups;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Sample& sample = samples[i];
    const Finding& finding = (*findings)[i];
    Group& group = groups[{sample.label, sample.split}];
    if (!finding.readable) {
      if (options.strict) {
        throw Error(
            fmt::format("{}: {}; replace or remove it", sample.path.string(), finding.text));
      }
      skipped.push_back({sample.name, finding.text});
      group.reasons.push_back(sample.name + ": " + finding.text);
      continue;
    }
    ++group.usable;
    if (!finding.text.empty()) notes.push_back({sample.name, finding.text});
    kept.push_back(std::move(sample));
  }
  if (options.purpose == Purpose::kTraining) require_all_groups(dataset, groups);
  for (const auto& [which, group] : groups) {
    if (group.usable > 0) continue;
    dataset.gaps.push_back({describe(dataset, which), "no picture of this class can be read"});
  }
  dataset.samples = std::move(kept);
  dataset.notes = std::move(notes);
  std::move(skipped.begin(), skipped.end(), std::back_inserter(dataset.skipped));
  std::stable_sort(dataset.skipped.begin(), dataset.skipped.end(),
                   [](const Skipped& a, const Skipped& b) { return a.name < b.name; });
  return true;
}

}  // namespace engraft::data
