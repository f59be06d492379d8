#include "run/data_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "run/compute.h"

namespace engraft::run {
namespace {

constexpr std::size_t kListedSkipped = 20;

void note_skipped(const data::Dataset& data, const base::Path& path, const base::Events& events) {
  if (data.skipped.empty()) return;
  note(events, fmt::format("{} left out:", data.skipped.size()));
  for (std::size_t i = 0; i < std::min(data.skipped.size(), kListedSkipped); ++i) {
    note(events, fmt::format("  {}: {}", data.skipped[i].name, data.skipped[i].reason));
  }
  if (data.skipped.size() > kListedSkipped) {
    note(events, fmt::format("  and {} more (engraft check {} lists all)",
                             data.skipped.size() - kListedSkipped, path.string()));
  }
}

}  // namespace

data::Dataset open_dataset(const base::Path& path, const training::Settings& settings,
                           const base::Events& events) {
  data::Dataset data = data::scan_dataset(path);
  data::CheckOptions check;
  check.workers = worker_count(settings);
  check.strict = settings.strict;
  check.cache = cache_folder(settings);
  check.progress = [&](std::size_t done, std::size_t total) {
    if (events.progress) events.progress("opening pictures", done, total);
  };
  data::check_images(data, check);
  note_skipped(data, path, events);
  return data;
}

std::vector<std::size_t> all_samples(const data::Dataset& data) {
  std::vector<std::size_t> samples(data.samples.size());
  std::iota(samples.begin(), samples.end(), std::size_t{0});
  return samples;
}

}  // namespace engraft::run
