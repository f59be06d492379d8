#include "learn/folds.h"

#include <unordered_map>

#include "base/random.h"

namespace engraft::learn {
namespace {

constexpr std::uint64_t kFoldStream = 0x666f6c6473ULL;

}  // namespace

Folds deal_folds(const HeadData& data, int folds, std::uint64_t seed) {
  std::vector<std::vector<std::vector<std::size_t>>> groups_of(  // [class][group]: rows
      static_cast<std::size_t>(data.classes));
  std::unordered_map<std::size_t, std::pair<std::size_t, std::size_t>> known;  // class, group
  for (std::size_t i = 0; i < data.count(); ++i) {
    const std::size_t group = data.groups.empty() ? i : data.groups[i];
    const auto label = static_cast<std::size_t>(data.labels[i]);
    const auto [place, is_new] = known.try_emplace(group, label, groups_of[label].size());
    if (is_new) groups_of[label].emplace_back();
    groups_of[place->second.first][place->second.second].push_back(i);
  }
  Folds result{folds, std::vector<int>(data.count(), kAlwaysSeen)};
  int next = 0;
  for (std::size_t label = 0; label < groups_of.size(); ++label) {
    const auto& groups = groups_of[label];
    if (groups.size() < 2) continue;
    base::Random random({seed, kFoldStream, label});
    for (const std::size_t place : random.permutation(groups.size())) {
      const int fold = next++ % folds;
      for (const std::size_t row : groups[place]) result.of_row[row] = fold;
    }
  }
  return result;
}

}  // namespace engraft::learn
