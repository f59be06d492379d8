#include "base/nearest.h"

#include <algorithm>

#include "base/text.h"

namespace engraft::base {

std::size_t edit_distance(std::string_view first, std::string_view second) {
  const std::string one = lower_ascii(first);
  const std::string other = lower_ascii(second);
  std::vector<std::size_t> before(other.size() + 1);  // the row of two letters ago
  std::vector<std::size_t> above(other.size() + 1);
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t j = 0; j <= other.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const bool same = one[i - 1] == other[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[other.size()];
}

std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string> names,
                                 std::size_t count) {
  struct Candidate {
    std::size_t distance;
    const std::string* name;
  };
  std::vector<Candidate> candidates;
  for (const std::string& name : names) {
    const std::size_t longer = std::max(wanted.size(), name.size());
    // As many letters at least differ as one has more: names from files have any length.
    if (2 * (longer - std::min(wanted.size(), name.size())) > longer) continue;
    const std::size_t distance = edit_distance(wanted, name);
    // A name of which more letters differ than agree is another word.
    if (2 * distance <= longer) candidates.push_back({distance, &name});
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::distance);
  if (candidates.size() > count) candidates.resize(count);
  std::vector<std::string> found;
  for (const Candidate& candidate : candidates) found.push_back(*candidate.name);
  return found;
}

}  // namespace engraft::base
