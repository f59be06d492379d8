// Results that are kept between runs, on the disk: records of equal size under keys that say all
// that decides them. Written in segments that never change once they are complete, so that any
// number of processes can read and write side by side, and a crash loses at most the segment under
// construction. A record that does not fit its checksum counts as absent.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "cache/segment.h"

namespace engraft::cache {

// The SHA-256 of all parts together.
RecordKey record_key(std::span<const std::byte> content, std::string_view circumstances = "");

// $ENGRAFT_CACHE, else engraft in $XDG_CACHE_HOME, else in ~/.cache.
base::Path default_cache_folder();

// $ENGRAFT_CACHE_LIMIT in GB, else 10 GB.
std::uint64_t default_cache_limit();

// The records of one kind, such as one network's features for one preparation of pictures.
class RecordStore {
 public:
  // `description` names the kind, in words (it is shown to people) and completely (it decides where
  // the records lie). Never throws for what lies in the cache: what cannot be read is not there.
  RecordStore(const base::Path& cache, std::string_view description, std::size_t record_bytes);
  RecordStore(const RecordStore&) = delete;
  RecordStore& operator=(const RecordStore&) = delete;
  ~RecordStore();  // commits

  // Copies the record where there is one.
  bool find(const RecordKey& key, std::span<std::byte> record) const;
  bool find(const RecordKey& key, std::span<float> record) const;

  // From any thread. What cannot be written (a full disk) is dropped, and nothing more is tried.
  void add(const RecordKey& key, std::span<const std::byte> record);
  void add(const RecordKey& key, std::span<const float> record);

  // Makes what was added readable for other runs.
  void commit();

  std::size_t record_bytes() const { return record_bytes_; }

  // How many records find() has given.
  std::uint64_t found() const { return found_; }

 private:
  struct Place {
    const std::byte* record;
    std::uint64_t checksum;
  };
  struct KeyHash {
    std::size_t operator()(const RecordKey& key) const;
  };
  struct Writing;

  void open_segment(const base::Path& path);
  void commit_locked();

  base::Path folder_;
  std::string description_;
  std::size_t record_bytes_;
  std::vector<base::MappedFile> files_;
  std::unordered_map<RecordKey, Place, KeyHash> places_;
  std::mutex mutex_;
  std::unique_ptr<Writing> writing_;
  bool broken_ = false;  // writing failed once
  mutable std::atomic<std::uint64_t> found_{0};
};

// What lies in a cache, one entry a kind.
struct CacheEntry {
  std::string description;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::filesystem::file_time_type used;
};
std::vector<CacheEntry> list_cache(const base::Path& cache);

// Removes segments, those used least recently first, until at most `limit` bytes are left, and what
// crashes have left behind. Returns the bytes removed. Segments that others read stay readable for
// them.
std::uint64_t trim_cache(const base::Path& cache, std::uint64_t limit);

}  // namespace engraft::cache
