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
  std::string text;  // the reason where it is not readable, else the note
};

// Calls `progress` about a hundred times, one call at a time, with rising numbers.
class Progress {
 public:
  Progress(const CheckOptions& options, std::size_t total)
      : callback_(options.progress),
        total_(total),
        stride_(std::max<std::size_t>(total / 100, 1)) {}

  void one_more() {
    if (!callback_) return;
    const std::lock_guard lock(mutex_);
    ++done_;
    if (done_ == total_ || done_ % stride_ == 0) callback_(done_, total_);
  }

 private:
  const std::function<void(std::size_t, std::size_t)>& callback_;
  std::size_t total_;
  std::size_t stride_;
  std::size_t done_ = 0;
  std::mutex mutex_;
};

// Findings are kept as: 1 or 2 for readable or not, then the text, then zeros.
constexpr std::size_t kFindingBytes = 256;
constexpr std::string_view kFindingKind = "what checking pictures found, version 1";

std::optional<Finding> kept_finding(const cache::RecordStore* store,
                                    const cache::RecordKey& content) {
  std::array<std::byte, kFindingBytes> record{};
  if (store == nullptr || !store->find(content, std::span<std::byte>(record))) return std::nullopt;
  return Finding{record[0] == std::byte{1}, reinterpret_cast<const char*>(record.data() + 1)};
}

void keep_finding(cache::RecordStore* store, const cache::RecordKey& content,
                  const Finding& finding) {
  std::array<std::byte, kFindingBytes> record{};
  if (store == nullptr || finding.text.size() > kFindingBytes - 2) return;
  record[0] = finding.readable ? std::byte{1} : std::byte{2};
  std::ranges::copy(std::as_bytes(std::span(finding.text)), record.begin() + 1);
  store->add(content, std::span<const std::byte>(record));
}

// Every byte is decoded, but at an eighth of its size: what is wrong shows as well there.
Finding look_at(std::span<const std::byte> file) {
  image::DecodeOptions options;
  options.needs = [](int, int) { return image::JpegNeeds{.reduction = 8}; };
  const base::Expected<image::DecodedImage> decoded = image::decode_image(file, options);
  return {static_cast<bool>(decoded), decoded ? decoded->note : decoded.reason()};
}

Finding open_one(Sample& sample, cache::RecordStore* store) {
  const base::Expected<base::Bytes> file = image::read_picture_file(sample.path);
  if (!file) return {false, file.reason()};
  sample.content = cache::record_key(*file);
  if (const auto kept = kept_finding(store, sample.content)) return *kept;
  const Finding finding = look_at(*file);
  keep_finding(store, sample.content, finding);
  return finding;
}

// A finding for each sample. With `strict`, those after the first unreadable one may be missing.
std::vector<Finding> open_all(std::vector<Sample>& samples, const CheckOptions& options) {
  std::optional<cache::RecordStore> store;
  if (!options.cache.empty()) store.emplace(options.cache, kFindingKind, kFindingBytes);
  std::vector<Finding> findings(samples.size());
  std::atomic<std::size_t> first_unreadable{samples.size()};
  Progress progress(options, samples.size());
  base::parallel_for(samples.size(), options.workers, [&](std::size_t i, int) {
    // Items are begun in ascending order, so all before the first unreadable one are looked at.
    if (options.strict && i > first_unreadable) return;
    findings[i] = open_one(samples[i], store ? &*store : nullptr);
    if (!findings[i].readable) {
      std::size_t known = first_unreadable;
      while (i < known && !first_unreadable.compare_exchange_weak(known, i)) {
      }
    }
    progress.one_more();
  });
  return findings;
}

// A class on a side of the split.
using Group = std::pair<int, Split>;

std::string describe(const Dataset& dataset, const Group& group) {
  const std::string& name = dataset.classes[static_cast<std::size_t>(group.first)];
  switch (group.second) {
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

void require_all_groups(const Dataset& dataset, const std::map<Group, std::size_t>& usable,
                        const std::map<Group, std::vector<std::string>>& reasons) {
  constexpr std::ptrdiff_t kShown = 3;
  for (const auto& [group, count] : usable) {
    if (count > 0) continue;
    const std::vector<std::string>& all = reasons.at(group);
    const auto shown = std::min(kShown, std::ssize(all));
    throw Error(fmt::format(
        "{}: no picture of class {} can be read; replace them or remove the class folder:\n  {}{}",
        dataset.root.string(), describe(dataset, group),
        fmt::join(all.begin(), all.begin() + shown, "\n  "),
        shown < std::ssize(all) ? fmt::format("\n  and {} more", std::ssize(all) - shown) : ""));
  }
}

}  // namespace

void check_images(Dataset& dataset, const CheckOptions& options) {
  const std::vector<Finding> findings = open_all(dataset.samples, options);
  std::vector<Sample> kept;
  std::vector<Skipped> skipped;
  std::vector<Skipped> notes;
  std::map<Group, std::size_t> usable;
  std::map<Group, std::vector<std::string>> reasons;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Sample& sample = dataset.samples[i];
    const Finding& finding = findings[i];
    const Group group{sample.label, sample.split};
    usable[group] += finding.readable ? 1 : 0;
    if (!finding.readable) {
      if (options.strict) {
        throw Error(
            fmt::format("{}: {}; replace or remove it", sample.path.string(), finding.text));
      }
      skipped.push_back({sample.name, finding.text});
      reasons[group].push_back(sample.name + ": " + finding.text);
      continue;
    }
    if (!finding.text.empty()) notes.push_back({sample.name, finding.text});
    kept.push_back(sample);
  }
  require_all_groups(dataset, usable, reasons);
  dataset.samples = std::move(kept);
  dataset.notes = std::move(notes);
  std::move(skipped.begin(), skipped.end(), std::back_inserter(dataset.skipped));
  std::stable_sort(dataset.skipped.begin(), dataset.skipped.end(),
                   [](const Skipped& a, const Skipped& b) { return a.name < b.name; });
}

}  // namespace engraft::data
