// Features that do not fit into memory: computed in blocks, kept on the disk and read from there as
// often as they are wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "features/features.h"

namespace engraft::training {

class StoredFeatures {
 public:
  struct Place {
    base::Path cache;         // empty: a folder of their own, which goes with them
    std::string description;  // describe_features()
    std::size_t size = 0;     // numbers a view
  };

  // `source` has no cache of its own; `data` must stay where it is.
  StoredFeatures(features::FeatureSource source, const data::Dataset& data,
                 std::span<const features::View> views, std::uint64_t seed, Place place);
  StoredFeatures(const StoredFeatures&) = delete;
  StoredFeatures& operator=(const StoredFeatures&) = delete;
  ~StoredFeatures();

  // Whatever is not there yet. Returns false where it was stopped.
  bool compute(const infer::Executor& executor, graph::NodeId output);

  // After it: the features of as many views from `first` on as fit into `rows`. From any thread.
  // Throws Error where they could not be kept.
  void read(std::size_t first, std::span<float> rows) const;

 private:
  features::FeatureSource source_;
  const data::Dataset& data_;
  std::vector<features::View> views_;
  std::uint64_t seed_;
  Place place_;
  base::Path own_folder_;  // removed at the end; empty where the cache is used
  std::vector<cache::RecordKey> keys_;
  std::unique_ptr<cache::RecordStore> store_;
};

}  // namespace engraft::training
