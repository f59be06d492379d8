#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/random.h"
#include "data/dataset.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using Indices = std::vector<std::size_t>;

// Splits `members`, which are in the order of their names; `whose` begins the Error.
void split_group(Dataset& dataset, const Indices& members, double val_fraction, base::Random random,
                 const std::string& whose) {
  const std::size_t n = members.size();
  const auto for_training =
      static_cast<std::size_t>(std::llround((1 - val_fraction) * static_cast<double>(n)));
  if (for_training == 0 || for_training >= n) {
    throw Error(fmt::format(
        "{}: {} picture{} cannot be split with a validation fraction of {}: nothing would be left "
        "for {}; add pictures or choose another fraction",
        whose, n, n == 1 ? "" : "s", val_fraction, for_training == 0 ? "training" : "validation"));
  }
  const Indices order = random.permutation(n);
  for (std::size_t i = 0; i < n; ++i) {
    dataset.samples[members[order[i]]].split = i < for_training ? Split::kTrain : Split::kVal;
  }
}

}  // namespace

void split_dataset(Dataset& dataset, const SplitOptions& options) {
  Indices members = samples_of(dataset, Split::kUnassigned);
  if (members.empty()) return;
  if (!(options.val_fraction > 0 && options.val_fraction < 1)) {
    throw Error(fmt::format("validation fraction {}: must lie between 0 and 1, both excluded",
                            options.val_fraction));
  }
  std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
    return dataset.samples[a].name < dataset.samples[b].name;
  });
  const std::uint64_t purpose = base::mix_bits("split");
  const std::string root = dataset.root.string();
  if (!options.stratify) {
    split_group(dataset, members, options.val_fraction, base::Random({options.seed, purpose}),
                root);
    return;
  }
  std::vector<Indices> by_class(dataset.classes.size());
  for (const std::size_t member : members) {
    by_class[static_cast<std::size_t>(dataset.samples[member].label)].push_back(member);
  }
  Dataset result = dataset;  // so that an Error leaves the data set as it was
  for (std::size_t label = 0; label < by_class.size(); ++label) {
    // Keyed by the class's name, so that another class more or less changes nothing here.
    const std::string& name = dataset.classes[label];
    split_group(result, by_class[label], options.val_fraction,
                base::Random({options.seed, purpose, base::mix_bits(name)}),
                fmt::format("{}: class {}", root, name));
  }
  dataset = std::move(result);
}

std::vector<std::size_t> samples_of(const Dataset& dataset, Split split) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
    if (dataset.samples[i].split == split) indices.push_back(i);
  }
  return indices;
}

}  // namespace engraft::data
