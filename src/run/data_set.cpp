#include "run/data_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engraft/error.h"
#include "run/compute.h"

namespace engraft::run {
namespace {

constexpr std::size_t kListedSkipped = 20;

void note_left_out(const data::Dataset& data, const base::Path& path, const base::Events& events) {
  for (const data::PassedOver& folder : data.passed_over) {
    if (!folder.usual) {
      note(events, fmt::format("passed over: {}: {}", folder.name, folder.reason));
    }
  }
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

void check_pictures(data::Dataset& data, const base::Path& path, data::Purpose purpose,
                    const training::Settings& settings, const base::Events& events) {
  const data::CheckOptions check{.purpose = purpose,
                                 .workers = worker_count(settings),
                                 .strict = settings.strict,
                                 .cache = cache_folder(settings),
                                 .limits = load_options(settings).limits};
  if (!data::check_images(data, check, events)) {
    throw Error("interrupted while pictures were opened; nothing is saved");
  }
  note_left_out(data, path, events);
}

data::Dataset open_dataset(const base::Path& path, const training::Settings& settings,
                           const base::Events& events, const data::ScanOptions& scan) {
  data::Dataset data = data::scan_dataset(path, scan);
  check_pictures(data, path, scan.purpose, settings, events);
  return data;
}

std::vector<std::size_t> all_samples(const data::Dataset& data) {
  std::vector<std::size_t> samples(data.samples.size());
  std::iota(samples.begin(), samples.end(), std::size_t{0});
  return samples;
}

}  // namespace engraft::run
