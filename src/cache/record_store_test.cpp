#include "cache/record_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>

#include "base/parallel.h"

namespace engraft::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFloats = 6;
constexpr std::size_t kBytes = kFloats * sizeof(float);

class RecordCache : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(cache_); }
  void TearDown() override { fs::remove_all(cache_); }

  static RecordKey key(int i) {
    const std::string text = std::to_string(i);
    return record_key(std::as_bytes(std::span(text)), "test");
  }
  static std::vector<float> record(int i) {
    std::vector<float> values(kFloats);
    std::iota(values.begin(), values.end(), static_cast<float>(i));
    return values;
  }
  void write(int begin, int end, const char* description = "features of tests") const {
    RecordStore store(cache_, description, kBytes);
    for (int i = begin; i < end; ++i) store.add(key(i), record(i));
  }
  int found(int begin, int end, const char* description = "features of tests") const {
    const RecordStore store(cache_, description, kBytes);
    int count = 0;
    for (int i = begin; i < end; ++i) {
      std::vector<float> values(kFloats, -1);
      if (!store.find(key(i), values)) continue;
      EXPECT_EQ(values, record(i));
      ++count;
    }
    return count;
  }
  std::vector<base::Path> segments() const {
    std::vector<base::Path> result;
    for (const auto& entry : fs::recursive_directory_iterator(cache_)) {
      if (entry.path().extension() == ".segment") result.push_back(entry.path());
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  base::Path cache_ = base::Path(testing::TempDir()) / ("cache-" + std::to_string(::getpid()));
};

TEST_F(RecordCache, KeepsWhatWasAdded) {
  EXPECT_EQ(found(0, 10), 0);
  write(0, 10);
  EXPECT_EQ(found(0, 20), 10);
  write(10, 15);
  EXPECT_EQ(found(0, 20), 15);
}

TEST_F(RecordCache, KindsAreApart) {
  write(0, 3, "one");
  EXPECT_EQ(found(0, 3, "other"), 0);
  const RecordStore larger(cache_, "one", 2 * kBytes);
  std::vector<float> values(2 * kFloats);
  EXPECT_FALSE(larger.find(key(0), values));
}

TEST_F(RecordCache, KeysAreOfContentAndCircumstances) {
  const std::string a = "a";
  const std::string b = "b";
  const auto bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  EXPECT_EQ(record_key(bytes(a), "x"), record_key(bytes(a), "x"));
  EXPECT_NE(record_key(bytes(a), "x"), record_key(bytes(a), "y"));
  EXPECT_NE(record_key(bytes(a), "x"), record_key(bytes(b), "x"));
}

// Every byte of a segment in turn: whatever it belonged to, no wrong record is given.
TEST_F(RecordCache, DamageIsNeverGivenOut) {
  write(0, 4);
  const base::Path segment = segments().at(0);
  const base::Bytes whole = base::read_file(segment);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    base::Bytes bytes = whole;
    bytes[i] ^= std::byte{0x10};
    base::write_atomically(segment, bytes);
    EXPECT_LE(found(0, 4), 4);  // found() compares each
    bytes.resize(i);
    base::write_atomically(segment, bytes);
    EXPECT_EQ(found(0, 4), 0);
  }
}

TEST_F(RecordCache, SeveralProcessesWriteAtOnce) {
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    children.push_back(::fork());
    if (children.back() == 0) {
      write(100 * child, 100 * child + 150);  // they overlap
      ::_exit(0);
    }
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(found(0, 1000), 450);
}

// A process that dies in the middle of its segment takes only that with it.
TEST_F(RecordCache, SurvivesACrash) {
  write(0, 5);
  const pid_t child = ::fork();
  if (child == 0) {
    RecordStore store(cache_, "features of tests", kBytes);
    for (int i = 5; i < 10; ++i) store.add(key(i), record(i));
    ::_exit(0);  // no destructor runs
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(found(0, 10), 5);
}

TEST_F(RecordCache, ThreadsAddTogether) {
  {
    RecordStore store(cache_, "features of tests", kBytes);
    base::parallel_for(200, 4, [&](std::size_t i, int) {
      store.add(key(static_cast<int>(i)), record(static_cast<int>(i)));
    });
  }
  EXPECT_EQ(found(0, 200), 200);
}

TEST_F(RecordCache, IsListedAndTrimmedOldestFirst) {
  write(0, 10, "old");
  write(10, 20, "new");
  const auto now = fs::file_time_type::clock::now();
  for (const base::Path& segment : segments()) {
    const bool old = base::read_text(segment.parent_path() / "about.txt") == "old";
    fs::last_write_time(segment, old ? now - std::chrono::hours(2) : now);
  }
  const std::vector<CacheEntry> entries = list_cache(cache_);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].description, "new");
  EXPECT_EQ(entries[0].records, 10U);
  EXPECT_GT(entries[0].bytes, 10 * kBytes);

  EXPECT_EQ(trim_cache(cache_, 1'000'000), 0U);
  EXPECT_GT(trim_cache(cache_, entries[0].bytes), 0U);
  EXPECT_EQ(found(0, 10, "old"), 0);
  EXPECT_EQ(found(10, 20, "new"), 10);
  trim_cache(cache_, 0);
  EXPECT_TRUE(list_cache(cache_).empty());
}

TEST_F(RecordCache, AFolderThatCannotBeWrittenIsNoError) {
  base::write_atomically(base::Path(cache_.string() + "-file"), std::string_view("in the way"));
  RecordStore store(cache_.string() + "-file", "x", kBytes);
  store.add(key(0), record(0));
  std::vector<float> values(kFloats);
  EXPECT_FALSE(store.find(key(0), values));
  fs::remove(cache_.string() + "-file");
}

}  // namespace
}  // namespace engraft::cache
