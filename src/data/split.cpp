#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/random.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/same_content.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using Indices = std::vector<std::size_t>;

// What is split by itself: a class, or the whole.
struct Stratum {
  std::string name;                // its shuffling's key
  std::vector<SameContent> units;  // which must not be parted
  std::size_t pictures = 0;

  void add(SameContent unit) {
    pictures += unit.size();
    units.push_back(std::move(unit));
  }
  std::size_t most_held_out() const { return pictures == 0 ? 0 : pictures - 1; }
};

std::vector<Stratum> strata_of(const Dataset& dataset, std::vector<SameContent> units,
                               bool stratify) {
  if (!stratify) {
    Stratum whole;
    for (SameContent& unit : units) whole.add(std::move(unit));
    return {std::move(whole)};
  }
  std::vector<Stratum> classes(dataset.classes.size());
  for (std::size_t label = 0; label < classes.size(); ++label) {
    classes[label].name = dataset.classes[label];
  }
  for (SameContent& unit : units) {
    if (!in_one_class(dataset, unit)) continue;  // for training: no answer to it would be right
    classes[static_cast<std::size_t>(dataset.samples[unit.front()].label)].add(std::move(unit));
  }
  return classes;
}

constexpr double kUsualFraction = 0.2;
constexpr std::string_view kPurpose = "split";

// A class's order is keyed by its name, so that another class more or less changes nothing in it.
std::vector<std::size_t> shuffled(const Stratum& stratum, std::uint64_t seed) {
  const std::uint64_t purpose = base::mix_bits(kPurpose);
  base::Random random = stratum.name.empty()
                            ? base::Random({seed, purpose})
                            : base::Random({seed, purpose, base::mix_bits(stratum.name)});
  return random.permutation(stratum.units.size());
}

// Of `total` pictures to hold out each stratum's part in proportion to its size: whole shares
// first, then one more where the remainder is largest (among equals chance decides), none to the
// last picture of a stratum. Whole numbers only, so that no processor rounds otherwise.
std::vector<std::size_t> deal(std::size_t total, const std::vector<Stratum>& strata,
                              std::uint64_t seed) {
  std::uint64_t pictures = 0;
  std::size_t most = 0;
  for (const Stratum& stratum : strata) {
    if (stratum.pictures > 1) pictures += stratum.pictures;
    most += stratum.most_held_out();
  }
  total = std::min(total, most);
  std::vector<std::size_t> shares(strata.size(), 0);
  if (total == 0) return shares;

  struct Claim {
    std::uint64_t remainder;
    std::uint64_t chance;
    std::size_t stratum;
  };
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < strata.size(); ++i) {
    if (strata[i].pictures < 2) continue;
    const std::uint64_t product = std::uint64_t{total} * strata[i].pictures;
    shares[i] = std::min<std::size_t>(product / pictures, strata[i].most_held_out());
    claims.push_back(
        {product % pictures, base::mix_bits({seed, base::mix_bits(strata[i].name)}), i});
  }
  std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) {
    return std::tuple(b.remainder, a.chance, a.stratum) <
           std::tuple(a.remainder, b.chance, b.stratum);
  });
  std::size_t left = total - std::accumulate(shares.begin(), shares.end(), std::size_t{0});
  while (left > 0) {  // more than once around only where small strata are exhausted
    for (const Claim& claim : claims) {
      if (left == 0) break;
      if (shares[claim.stratum] == strata[claim.stratum].most_held_out()) continue;
      ++shares[claim.stratum];
      --left;
    }
  }
  return shares;
}

// Chooses units of together at most `wanted` pictures; appends their pictures to `held_out`. At
// least one unit stays, and of the different pictures not many more than their share, so that where
// one picture fills half a class training does not see that one alone.
void choose(const Stratum& stratum, std::size_t wanted, std::uint64_t seed, Indices& held_out) {
  const std::size_t units = stratum.units.size();
  if (units < 2) return;
  const std::size_t share = (wanted * units + stratum.pictures - 1) / stratum.pictures;
  const std::size_t most = std::min(share + share / 2 + 1, units - 1);
  const Indices order = shuffled(stratum, seed);
  std::size_t chosen = 0;
  for (auto place = order.rbegin(); place != order.rend() && wanted > 0 && chosen < most; ++place) {
    const SameContent& unit = stratum.units[*place];
    if (unit.size() > wanted) continue;
    held_out.insert(held_out.end(), unit.begin(), unit.end());
    wanted -= unit.size();
    ++chosen;
  }
}

void note_copies(const std::vector<SameContent>& units, const Dataset& dataset,
                 const SplitOptions& options, const base::Events& events) {
  std::size_t pictures = 0;
  std::size_t files = 0;
  std::size_t in_two_classes = 0;
  for (const SameContent& unit : units) {
    if (unit.size() < 2) continue;
    ++pictures;
    files += unit.size();
    if (!in_one_class(dataset, unit)) ++in_two_classes;
  }
  if (pictures == 0) return;
  std::string text = fmt::format(
      "{} picture{} there more than once ({} files of the same bytes): copies stay on one side of "
      "the split",
      pictures, pictures == 1 ? " is" : "s are", files);
  if (options.stratify && in_two_classes > 0) {
    text +=
        fmt::format("; {} of them, in more than one class, on the training side", in_two_classes);
  }
  base::note(events, text);
}

void note_classes_without(Split side, std::string_view purpose, const Dataset& dataset,
                          const base::Events& events) {
  std::vector<bool> has(dataset.classes.size(), false);
  for (const Sample& sample : dataset.samples) {
    if (sample.split == side) has[static_cast<std::size_t>(sample.label)] = true;
  }
  std::vector<std::string> without;
  for (std::size_t label = 0; label < has.size(); ++label) {
    if (!has[label]) without.push_back(dataset.classes[label]);
  }
  if (without.empty()) return;
  base::note(events, fmt::format("no picture for {} in {} class{} ({})", purpose,
                                 base::grouped(std::ssize(without)),
                                 without.size() == 1 ? "" : "es", base::enumerated(without)));
}

// Files with the same content on more than one side: of a split that was given, or of a test side.
void note_leaks(const Dataset& dataset, const base::Events& events) {
  const auto leaks = std::ranges::count_if(
      by_content(dataset), [&](const SameContent& files) { return !on_one_side(dataset, files); });
  if (leaks == 0) return;
  base::note(events, fmt::format("{} picture{} on more than one side of the split, byte for byte "
                                 "(engraft check lists them): what is measured there was seen",
                                 leaks, leaks == 1 ? " is" : "s are"));
}

[[noreturn]] void refuse(const Dataset& dataset, std::size_t pictures, std::size_t different,
                         double fraction, bool stratify) {
  throw Error(fmt::format(
      "{}: {} picture{}{} cannot be split with a validation fraction of {}: nothing would be left "
      "for validation{}; add pictures or choose another fraction",
      dataset.root.string(), pictures, pictures == 1 ? "" : "s",
      different < pictures ? fmt::format(" ({} different)", different) : "", fraction,
      stratify ? ", as each class keeps one for training" : ""));
}

}  // namespace

void split_dataset(Dataset& dataset, const SplitOptions& options, const base::Events& events) {
  const double fraction = options.val_fraction.value_or(kUsualFraction);
  if (!(fraction > 0 && fraction < 1)) {
    throw Error(
        fmt::format("validation fraction {}: must lie between 0 and 1, both excluded", fraction));
  }
  Indices members = samples_of(dataset, Split::kUnassigned);
  if (members.empty()) {
    if (options.val_fraction) {
      base::note(events, fmt::format("{} is split already: a validation fraction of {} changes "
                                     "nothing",
                                     dataset.root.string(), fraction));
    }
    note_leaks(dataset, events);
    return;
  }
  std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
    return dataset.samples[a].name < dataset.samples[b].name;
  });
  const std::vector<SameContent> units = by_content(dataset, members);
  const std::vector<Stratum> strata = strata_of(dataset, units, options.stratify);
  const auto total =
      static_cast<std::size_t>(std::llround(fraction * static_cast<double>(members.size())));
  const std::vector<std::size_t> shares = deal(total, strata, options.seed);

  Indices held_out;
  std::size_t dealt = 0;
  for (std::size_t i = 0; i < strata.size(); ++i) {
    dealt += shares[i];  // what copies leave of one class's share passes to the next
    const std::size_t wanted = dealt - held_out.size();
    choose(strata[i], std::min(wanted, strata[i].most_held_out()), options.seed, held_out);
  }
  if (held_out.empty()) refuse(dataset, members.size(), units.size(), fraction, options.stratify);

  for (const std::size_t member : members) dataset.samples[member].split = Split::kTrain;
  for (const std::size_t member : held_out) dataset.samples[member].split = Split::kVal;
  if (!samples_of(dataset, Split::kTest).empty()) {
    base::note(events,
               "there is a test side, but none for validation: that is held out of the training "
               "side, and the test side is kept apart");
  }
  note_copies(units, dataset, options, events);
  note_leaks(dataset, events);
  note_classes_without(Split::kTrain, "training", dataset, events);
  note_classes_without(Split::kVal, "validation", dataset, events);
}

std::vector<std::size_t> samples_of(const Dataset& dataset, Split split) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
    if (dataset.samples[i].split == split) indices.push_back(i);
  }
  return indices;
}

}  // namespace engraft::data
