#include "training/stored_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/parallel.h"
#include "engraft/error.h"

namespace engraft::training {
namespace {

// Of features that are computed before they go to the disk.
constexpr std::size_t kBlockBytes = std::size_t{256} << 20U;

base::Path new_folder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "engraft-features-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw Error(fmt::format(
        "{}: cannot be made, and the features do not fit into memory; drop --no-cache, or let "
        "TMPDIR name a folder with room for them",
        pattern));
  }
  return pattern;
}

}  // namespace

StoredFeatures::StoredFeatures(features::FeatureSource source, const data::Dataset& data,
                               std::span<const features::View> views, std::uint64_t seed,
                               Place place)
    : source_(std::move(source)),
      data_(data),
      views_(views.begin(), views.end()),
      seed_(seed),
      place_(std::move(place)) {
  if (place_.cache.empty()) place_.cache = own_folder_ = new_folder();
}

StoredFeatures::~StoredFeatures() {
  store_.reset();
  std::error_code ignored;
  if (!own_folder_.empty()) std::filesystem::remove_all(own_folder_, ignored);
}

bool StoredFeatures::compute(const infer::Executor& executor, graph::NodeId output) {
  const auto open = [&] {
    store_ = std::make_unique<cache::RecordStore>(place_.cache, place_.description,
                                                  place_.size * sizeof(float));
  };
  open();
  const std::size_t block =
      std::max<std::size_t>(1, kBlockBytes / sizeof(float) / std::max<std::size_t>(place_.size, 1));
  std::vector<float> features;
  for (std::size_t first = 0; first < views_.size(); first += block) {
    const std::size_t count = std::min(block, views_.size() - first);
    features.resize(count * place_.size);
    features::FeatureSource source = source_;
    source.cache = store_.get();
    if (source_.progress) {
      source.progress = [&](std::size_t done, std::size_t) {
        source_.progress(first + done, views_.size());
      };
    }
    if (!features::compute_features(source, data_, std::span(views_).subspan(first, count), seed_,
                                    executor, output, features)) {
      return false;
    }
  }
  open();  // what was added can be found by those who come later
  keys_ = features::record_keys(source_, data_, views_, seed_);
  return true;
}

void StoredFeatures::read(std::size_t first, std::span<float> rows) const {
  for (std::size_t i = 0; i < rows.size() / place_.size; ++i) {
    if (store_->find(keys_[first + i], rows.subspan(i * place_.size, place_.size))) continue;
    throw Error(fmt::format(
        "{}: features that were kept here are gone; is the disk full, or was the cache trimmed?",
        place_.cache.string()));
  }
}

}  // namespace engraft::training
