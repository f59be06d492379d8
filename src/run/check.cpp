#include "run/check.h"

#include "run/compute.h"

namespace engraft::run {

bool Checked::clean() const {
  return data.gaps.empty() && data.skipped.empty() && data.notes.empty() &&
         findings.duplicates.empty() && findings.misnamed.empty() && !findings.imbalanced;
}

std::optional<Checked> check(const CheckRequest& request, const base::Events& events) {
  Checked checked;
  checked.data = data::scan_dataset(request.data, {.purpose = data::Purpose::kInspection});
  const data::CheckOptions options{.purpose = data::Purpose::kInspection,
                                   .workers = worker_count(request.settings),
                                   .limits = load_options(request.settings).limits};
  if (!data::check_images(checked.data, options, events)) return std::nullopt;
  checked.findings = data::examine(checked.data);
  return checked;
}

}  // namespace engraft::run
