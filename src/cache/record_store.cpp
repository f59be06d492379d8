#include "cache/record_store.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/hash.h"
#include "cache/segment.h"
#include "cache/segments.h"
#include "engraft/error.h"

namespace engraft::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{256} << 20U;  // of one segment; more make another

std::uint64_t checksum_of(std::span<const std::byte> record) {
  const RecordKey digest = record_key(record);
  std::uint64_t sum = 0;
  std::memcpy(&sum, digest.data(), sizeof sum);
  return sum;
}

// Files that crashes have left: older than any run that could still be writing them.
bool is_left_behind(const fs::directory_entry& entry) {
  std::error_code error;
  const auto age = fs::file_time_type::clock::now() - entry.last_write_time(error);
  return !error && entry.path().extension() == ".partial" && age > std::chrono::hours(24);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

RecordKey record_key(std::span<const std::byte> content, std::string_view circumstances) {
  base::Sha256 hash;
  hash.update(content);
  hash.update(std::as_bytes(std::span(circumstances)));
  return hash.digest();
}

base::Path default_cache_folder() {
  if (const std::string own = environment("ENGRAFT_CACHE"); !own.empty()) return own;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return base::Path(cache) / "engraft";
  }
  return base::Path(environment("HOME")) / ".cache" / "engraft";
}

std::uint64_t default_cache_limit() {
  const std::string own = environment("ENGRAFT_CACHE_LIMIT");
  const double gigabytes = own.empty() ? 10 : std::strtod(own.c_str(), nullptr);
  return static_cast<std::uint64_t>(std::max(gigabytes, 0.0) * 1e9);
}

struct RecordStore::Writing {
  explicit Writing(const base::Path& target) : file(target, base::AtomicFile::Durability::kNone) {
    file.write(kSegmentMagic);
  }
  base::AtomicFile file;
  std::vector<SegmentRow> table;
};

std::size_t RecordStore::KeyHash::operator()(const RecordKey& key) const {
  std::size_t value = 0;
  std::memcpy(&value, key.data(), sizeof value);  // as good as random already
  return value;
}

RecordStore::RecordStore(const base::Path& cache, std::string_view description,
                         std::size_t record_bytes)
    : folder_(folder_of(cache, description)),
      description_(description),
      record_bytes_(record_bytes) {
  for (const base::Path& segment : segments_in(folder_)) open_segment(segment);
}

RecordStore::~RecordStore() { commit(); }

void RecordStore::open_segment(const base::Path& path) {
  base::MappedFile file;
  try {
    file = base::map_file(path);
  } catch (const Error&) {
    return;  // trimmed by another process a moment ago
  }
  const std::optional<Segment> segment = read_segment(file.bytes);
  if (!segment || segment->record_bytes != record_bytes_) return;
  for (std::uint64_t i = 0; i < segment->count; ++i) {
    const SegmentRow row = segment->row(i);
    places_[row.key] = {segment->record(i).data(), row.checksum};
  }
  files_.push_back(std::move(file));
  note_use(path);
}

bool RecordStore::find(const RecordKey& key, std::span<std::byte> record) const {
  const auto found = places_.find(key);
  if (found == places_.end() || record.size() != record_bytes_) return false;
  const std::span stored(found->second.record, record_bytes_);
  if (checksum_of(stored) != found->second.checksum) return false;
  std::memcpy(record.data(), stored.data(), stored.size());
  ++found_;
  return true;
}

bool RecordStore::find(const RecordKey& key, std::span<float> record) const {
  return find(key, std::as_writable_bytes(record));
}

void RecordStore::add(const RecordKey& key, std::span<const std::byte> record) {
  const std::uint64_t checksum = checksum_of(record);
  const std::lock_guard lock(mutex_);
  if (broken_ || record.size() != record_bytes_) return;
  try {
    if (!writing_) writing_ = std::make_unique<Writing>(new_segment(folder_, description_));
    writing_->file.write(record);
    writing_->table.push_back({key, checksum});
    if (writing_->table.size() * record_bytes_ >= kMostBytes) commit_locked();
  } catch (const std::exception&) {
    broken_ = true;
    writing_.reset();
  }
}

void RecordStore::add(const RecordKey& key, std::span<const float> record) {
  add(key, std::as_bytes(record));
}

void RecordStore::commit() {
  const std::lock_guard lock(mutex_);
  try {
    commit_locked();
  } catch (const std::exception&) {
    broken_ = true;
    writing_.reset();
  }
}

void RecordStore::commit_locked() {
  if (!writing_) return;
  SegmentFooter footer{record_bytes_, writing_->table.size(), {}};
  std::ranges::copy(kSegmentMagic, footer.magic.begin());
  writing_->file.write(std::as_bytes(std::span(writing_->table)));
  writing_->file.write(std::as_bytes(std::span(&footer, 1)));
  writing_->file.commit();
  writing_.reset();
}

std::vector<CacheEntry> list_cache(const base::Path& cache) {
  std::vector<CacheEntry> entries;
  std::error_code error;
  for (const auto& folder : fs::directory_iterator(cache, error)) {
    if (!fs::exists(folder.path() / kAbout, error)) continue;
    CacheEntry entry;
    try {
      entry.description = base::read_text(folder.path() / kAbout);
    } catch (const Error&) {
      continue;
    }
    for (const auto& file : fs::directory_iterator(folder.path(), error)) {
      entry.bytes += file.file_size(error);
      if (file.path().extension() != kSegmentEnding) continue;
      entry.used = std::max(entry.used, file.last_write_time(error));
      try {
        const base::MappedFile mapped = base::map_file(file.path());
        const std::optional<Segment> segment = read_segment(mapped.bytes);
        entry.records += segment ? segment->count : 0;
      } catch (const Error&) {
        continue;
      }
    }
    entries.push_back(std::move(entry));
  }
  std::ranges::sort(entries, std::greater(), &CacheEntry::used);
  return entries;
}

std::uint64_t trim_cache(const base::Path& cache, std::uint64_t limit) {
  struct File {
    base::Path path;
    std::uint64_t bytes;
    fs::file_time_type used;
  };
  std::vector<File> files;
  std::uint64_t kept = 0;
  std::uint64_t removed = 0;
  std::error_code error;
  for (const auto& folder : fs::directory_iterator(cache, error)) {
    if (!folder.is_directory(error)) continue;
    for (const auto& file : fs::directory_iterator(folder.path(), error)) {
      const std::uint64_t bytes = file.file_size(error);
      if (is_left_behind(file)) {
        removed += fs::remove(file.path(), error) ? bytes : 0;
      } else if (file.path().extension() == kSegmentEnding) {
        files.push_back({file.path(), bytes, file.last_write_time(error)});
        kept += bytes;
      }
    }
  }
  std::ranges::sort(files, {}, &File::used);
  for (const File& file : files) {
    if (kept <= limit) break;
    if (fs::remove(file.path, error)) removed += file.bytes;
    kept -= file.bytes;
  }
  // Folders without a segment, but not those in which another process writes its first one.
  for (const auto& folder : fs::directory_iterator(cache, error)) {
    bool in_use = false;
    for (const auto& file : fs::directory_iterator(folder.path(), error)) {
      in_use = in_use || file.path().filename() != kAbout;
    }
    if (folder.is_directory(error) && !in_use) fs::remove_all(folder.path(), error);
  }
  return removed;
}

}  // namespace engraft::cache
