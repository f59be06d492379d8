#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "base/parallel.h"
#include "base/testing/folders.h"
#include "base/testing/temporary_folder.h"
#include "data/dataset.h"
#include "engraft/error.h"
#include "image/encode.h"

namespace engraft::data {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

image::Image noise(int height, int width) {
  image::Image image(height, width);
  std::uint32_t state = 1;
  for (std::uint8_t& value : image.pixels) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

base::Bytes first_part(base::Bytes bytes, double share) {
  bytes.resize(static_cast<std::size_t>(share * static_cast<double>(bytes.size())));
  return bytes;
}

// Four good pictures, one that is cut off but bearable, and three that cannot be read.
void write_mixed(const base::TestFolder& data) {
  const base::Bytes jpeg = image::encode_jpeg(noise(160, 160));
  const base::Bytes png = image::encode_png(noise(16, 16));
  data.write("a/1.jpg", jpeg);
  data.write("a/2.png", png);
  data.write("a/3.jpg", png);  // a wrong ending is no fault
  data.write("b/1.jpg", jpeg);
  data.write("b/2.jpg", first_part(jpeg, 0.9));
  data.write("a/empty.jpg", "");
  data.write("b/page.jpg", "<html>404</html>");
  data.write("b/cut.png", first_part(png, 0.5));
}

std::vector<std::string> lines_of(const std::vector<Skipped>& items) {
  std::vector<std::string> lines;
  for (const Skipped& item : items) lines.push_back(item.name + ": " + item.reason);
  return lines;
}

std::vector<std::string> names_of(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const Sample& sample : dataset.samples) names.push_back(sample.name);
  return names;
}

TEST(CheckImages, MovesUnreadablePicturesToSkipped) {
  base::TestFolder data;
  write_mixed(data);
  data.write("a/notes.txt");
  Dataset dataset = scan_dataset(data.path());
  check_images(dataset, {});
  EXPECT_THAT(names_of(dataset),
              testing::ElementsAre("a/1.jpg", "a/2.png", "a/3.jpg", "b/1.jpg", "b/2.jpg"));
  ASSERT_EQ(dataset.skipped.size(), 4U);
  EXPECT_EQ(dataset.skipped[0].name, "a/empty.jpg");
  EXPECT_EQ(dataset.skipped[1].name, "a/notes.txt");
  EXPECT_EQ(dataset.skipped[2].name, "b/cut.png");
  EXPECT_EQ(dataset.skipped[3].name, "b/page.jpg");
  for (const Skipped& skipped : dataset.skipped) EXPECT_NE(skipped.reason, "");
  ASSERT_EQ(dataset.notes.size(), 1U);
  EXPECT_EQ(dataset.notes[0].name, "b/2.jpg");
  EXPECT_NE(dataset.notes[0].reason, "");
}

TEST(CheckImages, FindsTheSameWithAnyNumberOfWorkers) {
  base::TestFolder data;
  write_mixed(data);
  Dataset alone = scan_dataset(data.path());
  check_images(alone, {.workers = 1});
  for (const int workers : {2, 3, 8, 100}) {
    Dataset together = scan_dataset(data.path());
    check_images(together, {.workers = workers});
    EXPECT_EQ(names_of(together), names_of(alone));
    EXPECT_EQ(lines_of(together.skipped), lines_of(alone.skipped));
    EXPECT_EQ(lines_of(together.notes), lines_of(alone.notes));
  }
}

TEST(CheckImages, TwiceIsAsGoodAsOnce) {
  base::TestFolder data;
  write_mixed(data);
  Dataset dataset = scan_dataset(data.path());
  check_images(dataset, {});
  const auto skipped = lines_of(dataset.skipped);
  const auto notes = lines_of(dataset.notes);
  check_images(dataset, {});
  EXPECT_EQ(lines_of(dataset.skipped), skipped);
  EXPECT_EQ(lines_of(dataset.notes), notes);
}

TEST(CheckImages, StrictStopsAtTheFirstByName) {
  base::TestFolder data;
  write_mixed(data);
  for (const int workers : {1, 4}) {
    Dataset dataset = scan_dataset(data.path());
    const std::string message = base::message_of<Error>(
        [&] { check_images(dataset, {.workers = workers, .strict = true}); });
    EXPECT_THAT(message, HasSubstr((data.path() / "a/empty.jpg").string() + ": "));
    EXPECT_EQ(dataset.samples.size(), 8U);
  }
}

TEST(CheckImages, ReportsProgressUpToTheEnd) {
  base::TestFolder data;
  write_mixed(data);
  Dataset dataset = scan_dataset(data.path());
  std::vector<std::size_t> calls;
  base::Events events;
  events.progress = [&](const std::string&, std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 8U);
    calls.push_back(done);
  };
  EXPECT_TRUE(check_images(dataset, {.workers = 3}, events));
  EXPECT_THAT(calls, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(CheckImages, StopsWhenAsked) {
  base::TestFolder data;
  write_mixed(data);
  Dataset dataset = scan_dataset(data.path());
  std::atomic<int> asked = 0;
  EXPECT_FALSE(check_images(dataset, {.workers = 2}, {.stop = [&] { return ++asked > 3; }}));
  EXPECT_EQ(dataset.samples.size(), 8U);
  EXPECT_THAT(dataset.skipped, IsEmpty());
}

TEST(CheckImages, InspectsAClassWithoutAnyReadablePicture) {
  base::TestFolder data;
  data.write("a/1.png", image::encode_png(noise(8, 8)));
  data.write("b/1.jpg", "<html>");
  Dataset dataset = scan_dataset(data.path());
  EXPECT_TRUE(check_images(dataset, {.purpose = Purpose::kInspection}));
  EXPECT_THAT(names_of(dataset), testing::ElementsAre("a/1.png"));
  EXPECT_THAT(lines_of(dataset.gaps),
              testing::ElementsAre("b: no picture of this class can be read"));
}

TEST(CheckImages, ATestSideMayLackAClass) {
  base::TestFolder data;
  const base::Bytes png = image::encode_png(noise(8, 8));
  for (const char* name : {"train/a/1.png", "train/b/1.png", "test/a/1.png"}) data.write(name, png);
  data.write("test/b/1.png", "");
  Dataset dataset = scan_dataset(data.path());
  EXPECT_TRUE(check_images(dataset, {}));
  EXPECT_EQ(dataset.samples.size(), 3U);
}

TEST(CheckImages, NamesAClassWithoutAnyReadablePicture) {
  base::TestFolder data;
  data.write("a/1.png", image::encode_png(noise(8, 8)));
  for (int i = 0; i < 5; ++i) data.write("b/" + std::to_string(i) + ".jpg", "<html>");
  Dataset dataset = scan_dataset(data.path());
  EXPECT_THAT(base::message_of<Error>([&] { check_images(dataset, {}); }),
              AllOf(HasSubstr("no picture of class b can be read"), HasSubstr("b/0.jpg: "),
                    HasSubstr("b/2.jpg: "), HasSubstr("and 2 more")));
}

TEST(CheckImages, NamesTheSideWhereAClassIsLeftEmpty) {
  base::TestFolder data;
  const base::Bytes png = image::encode_png(noise(8, 8));
  for (const char* name : {"train/a/1.png", "train/b/1.png", "val/a/1.png"}) data.write(name, png);
  data.write("val/b/1.png", "");
  Dataset dataset = scan_dataset(data.path());
  EXPECT_THAT(base::message_of<Error>([&] { check_images(dataset, {}); }),
              HasSubstr("class b (for validation) can be read"));
}

TEST(CheckImages, ReadsAllOfTheBeesAndAnts) {
  const base::Path root = base::shared_data();
  if (!std::filesystem::exists(root / "hymenoptera_data")) {
    GTEST_SKIP() << "no hymenoptera_data in " << root << "; set ENGRAFT_TEST_DATA";
  }
  Dataset dataset = scan_dataset(root / "hymenoptera_data");
  check_images(dataset, {.workers = base::usable_processors()});
  EXPECT_EQ(samples_of(dataset, Split::kTrain).size(), 244U);
  EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 153U);
  EXPECT_THAT(dataset.notes, IsEmpty());
}

// What was found once is found again without decoding, whatever the file is called.
TEST(CheckImages, KeepsItsFindings) {
  const base::TestFolder folder;
  write_mixed(folder);
  const base::TestFolder cache;
  CheckOptions options;
  options.cache = cache.path();
  Dataset first = scan_dataset(folder.path());
  check_images(first, options);
  Dataset second = scan_dataset(folder.path());
  check_images(second, options);
  Dataset without = scan_dataset(folder.path());
  check_images(without, {});
  for (const Dataset* other : {&first, &second}) {
    EXPECT_EQ(lines_of(other->skipped), lines_of(without.skipped));
    EXPECT_EQ(lines_of(other->notes), lines_of(without.notes));
    EXPECT_EQ(names_of(*other), names_of(without));
  }
  for (std::size_t i = 0; i < first.samples.size(); ++i) {
    EXPECT_EQ(first.samples[i].content, cache::record_key(base::read_file(first.samples[i].path)));
  }
  EXPECT_EQ(cache::list_cache(cache.path()).at(0).records, 8U);  // and none again by the second
}

}  // namespace
}  // namespace engraft::data
