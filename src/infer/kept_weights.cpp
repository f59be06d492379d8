#include "infer/kept_weights.h"

#include <sys/mman.h>

#include <array>
#include <cstring>

#include "base/large_buffer.h"
#include "cache/segments.h"
#include "engraft/error.h"

namespace engraft::infer {
namespace {

// A file: a cache line that begins with the magic; the weights, each at a multiple of a cache line;
// for each a row of the table, with its name behind; and the footer. It is a segment of the cache,
// so that it is counted and removed with the others.
constexpr std::string_view kMagic = "ENGRAFTW";

struct Row {
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t checksum;
  std::uint64_t name_bytes;
};

struct Footer {
  std::uint64_t table;  // where it begins
  std::uint64_t rows;
  std::uint64_t table_checksum;
  char magic[8];
};

// Against damage, at the speed at which memory is read.
std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  constexpr std::size_t kLanes = 8;
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;
  std::array<std::uint64_t, kLanes> lanes{};
  std::array<std::uint64_t, kLanes> words{};
  for (std::size_t i = 0; i < bytes.size(); i += sizeof words) {
    const std::size_t count = std::min(sizeof words, bytes.size() - i);
    if (count < sizeof words) words = {};
    std::memcpy(words.data(), bytes.data() + i, count);
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] = (lanes[k] ^ words[k]) * kPrime;
  }
  std::uint64_t sum = bytes.size();
  for (const std::uint64_t lane : lanes) sum = (sum ^ (lane >> 29U) ^ lane) * kPrime;
  return sum;
}

template <typename T>
T read(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// The file's table, where all of it is there and undamaged.
std::optional<std::span<const std::byte>> table_of(std::span<const std::byte> file,
                                                   const Footer& footer) {
  if (std::string_view(footer.magic, sizeof footer.magic) != kMagic) return std::nullopt;
  if (footer.table > file.size() - sizeof footer) return std::nullopt;
  const auto table = file.subspan(footer.table, file.size() - sizeof footer - footer.table);
  if (checksum_of(table) != footer.table_checksum) return std::nullopt;
  return table;
}

}  // namespace

KeptWeights::KeptWeights(const base::Path& cache, std::string_view description)
    : description_(description) {
  if (cache.empty()) return;
  folder_ = cache::folder_of(cache, description);
  for (const base::Path& segment : cache::segments_in(folder_)) open(segment);
}

void KeptWeights::open(const base::Path& path) {
  base::MappedFile file;
  try {
    file = base::map_file(path);
  } catch (const Error&) {
    return;  // removed by another process a moment ago
  }
  if (file.bytes.size() < sizeof(Footer)) return;
  const auto footer = read<Footer>(file.bytes.last(sizeof(Footer)));
  std::optional<std::span<const std::byte>> table = table_of(file.bytes, footer);
  files_.push_back(file);
  for (std::uint64_t i = 0; table && i < footer.rows; ++i) {
    if (table->size() < sizeof(Row)) return;
    const Row row = read<Row>(*table);
    *table = table->subspan(sizeof(Row));
    if (row.name_bytes > table->size() || row.offset > file.bytes.size() ||
        row.bytes > file.bytes.size() - row.offset) {
      return;
    }
    const std::string name(reinterpret_cast<const char*>(table->data()), row.name_bytes);
    *table = table->subspan(row.name_bytes);
    places_[name] = {file.bytes.subspan(row.offset, row.bytes), row.checksum};
  }
  cache::note_use(path);
}

std::optional<std::span<const std::byte>> KeptWeights::find(const std::string& name,
                                                            std::size_t bytes) {
  const auto found = places_.find(name);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  if (place.bytes.size() != bytes) return std::nullopt;
  const bool undamaged = checksum_of(place.bytes) == place.checksum;
  release();
  return undamaged ? std::optional(place.bytes) : std::nullopt;
}

void KeptWeights::release() const {
  for (const base::MappedFile& file : files_) {
    ::madvise(const_cast<std::byte*>(file.bytes.data()), file.bytes.size(), MADV_DONTNEED);
  }
}

void KeptWeights::add(const std::string& name, std::span<const std::byte> bytes) {
  if (folder_.empty()) return;
  const std::lock_guard lock(mutex_);
  added_.push_back({name, bytes});
}

void KeptWeights::save() {
  const std::lock_guard lock(mutex_);
  if (added_.empty()) return;
  try {
    base::AtomicFile file(cache::new_segment(folder_, description_),
                          base::AtomicFile::Durability::kNone);
    const std::array<std::byte, base::kCacheLine> zeros{};
    const auto fill = [&](std::size_t bytes) {
      file.write(std::span(zeros).first(base::to_cache_lines(bytes) - bytes));
    };
    file.write(kMagic);
    fill(kMagic.size());
    std::uint64_t offset = base::kCacheLine;
    std::string table;
    for (const Added& one : added_) {
      const Row row{offset, one.bytes.size(), checksum_of(one.bytes), one.name.size()};
      table.append(reinterpret_cast<const char*>(&row), sizeof row);
      table += one.name;
      file.write(one.bytes);
      fill(one.bytes.size());
      offset += base::to_cache_lines(one.bytes.size());
    }
    Footer footer{offset, added_.size(), checksum_of(std::as_bytes(std::span(table))), {}};
    kMagic.copy(footer.magic, sizeof footer.magic);
    file.write(table);
    file.write(std::as_bytes(std::span(&footer, 1)));
    file.commit();
  } catch (const std::exception&) {  // a full disk: made again next time
  }
  added_.clear();
}

}  // namespace engraft::infer
