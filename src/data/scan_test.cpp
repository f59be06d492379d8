#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/testing/folders.h"
#include "base/testing/temporary_folder.h"
#include "data/dataset.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> names_of(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const Sample& sample : dataset.samples) names.push_back(sample.name);
  return names;
}

std::vector<std::string> lines_of(const std::vector<Skipped>& skipped) {
  std::vector<std::string> lines;
  for (const Skipped& item : skipped) lines.push_back(item.name + ": " + item.reason);
  return lines;
}

std::string scan_error(const base::Path& root) {
  return base::message_of<Error>([&] { scan_dataset(root); });
}

TEST(Scan, ReadsClassFolders) {
  base::TestFolder data;
  data.write("dogs/b.jpg");
  data.write("dogs/a.PNG");
  data.write("cats/deep/er/c.webp");
  data.write("cats/z.jpeg");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_EQ(dataset.root, data.path());
  EXPECT_THAT(dataset.classes, ElementsAre("cats", "dogs"));
  EXPECT_THAT(names_of(dataset),
              ElementsAre("cats/deep/er/c.webp", "cats/z.jpeg", "dogs/a.PNG", "dogs/b.jpg"));
  EXPECT_EQ(dataset.samples[0].path, data.path() / "cats/deep/er/c.webp");
  EXPECT_EQ(dataset.samples[1].label, 0);
  EXPECT_EQ(dataset.samples[2].label, 1);
  EXPECT_EQ(dataset.samples[2].split, Split::kUnassigned);
  EXPECT_THAT(dataset.skipped, IsEmpty());
}

TEST(Scan, TakesImageFoldersExtensionsAndNoOthers) {
  base::TestFolder data;
  data.write("b/1.jpg");
  for (const char* extension :
       {"jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "JpEg"}) {
    data.write(std::string("a/x.") + extension);
  }
  data.write("a/y.gif");
  data.write("a/y.heic");
  data.write("a/y.jpg.txt");
  data.write("a/jpg");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_EQ(dataset.samples.size(), 11U);
  EXPECT_THAT(lines_of(dataset.skipped),
              ElementsAre("a/jpg: not an image by its name (no ending)",
                          "a/y.gif: not an image by its name (.gif)",
                          "a/y.heic: not an image by its name (.heic)",
                          "a/y.jpg.txt: not an image by its name (.txt)"));
}

TEST(Scan, SortsClassesByBytes) {
  base::TestFolder data;
  for (const char* name : {"zebra", "Ant", "\xC3\x84pfel", "10", "9", "a b"}) {
    data.write(base::Path(name) / "\xE5\x9B\xBE.jpg");
  }
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_THAT(dataset.classes, ElementsAre("10", "9", "Ant", "a b", "zebra", "\xC3\x84pfel"));
  EXPECT_EQ(dataset.samples.back().name, "\xC3\x84pfel/\xE5\x9B\xBE.jpg");
}

TEST(Scan, IgnoresHiddenFilesAndLeftovers) {
  base::TestFolder data;
  data.write("a/1.jpg");
  data.write("b/1.jpg");
  data.write("a/.1.jpg");
  data.write("a/._1.jpg");
  data.write("a/Thumbs.db");
  data.write("a/desktop.ini");
  data.write("a/.DS_Store");
  data.write("a/.cache/2.jpg");
  data.write(".git/3.jpg");
  data.write("__MACOSX/a/1.jpg");
  data.write("README.md");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_THAT(names_of(dataset), ElementsAre("a/1.jpg", "b/1.jpg"));
  EXPECT_THAT(dataset.skipped, IsEmpty());
}

TEST(Scan, CountsPicturesBesideTheClassFolders) {
  base::TestFolder data;
  data.write("a/1.jpg");
  data.write("b/1.jpg");
  data.write("stray.jpg");
  EXPECT_THAT(lines_of(scan_dataset(data.path()).skipped),
              ElementsAre("stray.jpg: lies in no class folder"));
}

TEST(Scan, ReadsTrainAndVal) {
  for (const char* val : {"val", "valid", "validation", "test", "Val", "TEST", "testing"}) {
    base::TestFolder data;
    data.write("train/ants/1.jpg");
    data.write("train/bees/1.jpg");
    data.write(base::Path(val) / "ants/2.jpg");
    data.write(base::Path(val) / "bees/2.jpg");
    data.make_folder("annotations");
    const Dataset dataset = scan_dataset(data.path());
    EXPECT_THAT(dataset.classes, ElementsAre("ants", "bees"));
    EXPECT_EQ(samples_of(dataset, Split::kTrain).size(), 2U) << val;
    EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 2U) << val;
    for (const Sample& sample : dataset.samples) {
      EXPECT_EQ(sample.split == Split::kTrain, sample.name.starts_with("train/")) << sample.name;
      EXPECT_EQ(sample.label == 0, sample.name.find("/ants/") != std::string::npos);
    }
  }
}

TEST(Scan, PrefersValToTest) {
  base::TestFolder data;
  for (const char* side : {"train", "test", "val"}) {
    data.write(base::Path(side) / "a/1.jpg");
    data.write(base::Path(side) / "b/1.jpg");
  }
  EXPECT_THAT(names_of(scan_dataset(data.path())),
              ElementsAre("train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "val/b/1.jpg"));
}

TEST(Scan, ATrailingSlashChangesNothing) {
  base::TestFolder data;
  data.write("a/1.jpg");
  data.write("b/1.jpg");
  const Dataset dataset = scan_dataset(data.path().string() + "//");
  EXPECT_EQ(dataset.root, data.path());
  EXPECT_EQ(dataset.samples[0].path, data.path() / "a/1.jpg");
}

TEST(Scan, FollowsLinksOnceAndSurvivesCycles) {
  base::TestFolder data;
  data.write("elsewhere/pictures/1.jpg");
  data.write("data/b/1.jpg");
  data.link("data/a", data.path() / "elsewhere/pictures");
  data.link("data/b/again", data.path() / "data/b");
  data.link("data/b/up", "../..");
  data.link("data/b/all", data.path() / "data");
  data.link("data/b/more", data.path() / "elsewhere");
  data.link("data/b/nowhere.jpg", data.path() / "missing.jpg");
  data.link("data/b/file.jpg", data.path() / "data/b/1.jpg");
  data.link("elsewhere/back", "..");
  const Dataset dataset = scan_dataset(data.path() / "data");
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
  EXPECT_THAT(names_of(dataset),
              ElementsAre("a/1.jpg", "b/1.jpg", "b/file.jpg", "b/more/pictures/1.jpg"));
  EXPECT_THAT(lines_of(dataset.skipped), testing::Contains("b/nowhere.jpg: a link that leads "
                                                           "nowhere"));
  EXPECT_THAT(lines_of(dataset.skipped),
              testing::Contains("b/all: a link to a folder that is read already"));
}

TEST(Scan, SaysWhatIsWrongWithTheRoot) {
  base::TestFolder data;
  EXPECT_THAT(scan_error(data.path() / "nope"), HasSubstr("nope: no such folder"));
  EXPECT_THAT(scan_error(""), HasSubstr("no such folder"));
  data.write("set.zip");
  EXPECT_THAT(scan_error(data.path() / "set.zip"),
              AllOf(HasSubstr("set.zip: archives are not read"), HasSubstr("unpack it")));
  data.write("set.tar.gz");
  EXPECT_THAT(scan_error(data.path() / "set.tar.gz"), HasSubstr("unpack it"));
  data.write("set.csv");
  EXPECT_THAT(scan_error(data.path() / "set.csv"),
              AllOf(HasSubstr("lists are not read"), HasSubstr("named after the class")));
  data.write("one.jpg");
  EXPECT_THAT(scan_error(data.path() / "one.jpg"), HasSubstr("is a file; give the folder"));
}

TEST(Scan, SaysThatPicturesLieDirectlyInTheRoot) {
  base::TestFolder data;
  EXPECT_THAT(scan_error(data.path()), HasSubstr("no class folders and no pictures"));
  data.write("1.jpg");
  EXPECT_THAT(scan_error(data.path()), HasSubstr("it holds 1 picture directly; put each class's"));
  data.write("2.jpg");
  EXPECT_THAT(
      scan_error(data.path()),
      StartsWith(data.path().string() + ": no class folders: it holds 2 pictures directly"));
}

TEST(Scan, NeedsTwoClasses) {
  base::TestFolder data;
  data.write("cats/1.jpg");
  const std::string message = scan_error(data.path());
  EXPECT_EQ(message, data.path().string() +
                         ": only one class folder (cats); a classifier needs at least two");
}

TEST(Scan, PointsAtTheFolderWithin) {
  base::TestFolder data;
  data.write("download/PetImages/Cat/1.jpg");
  data.write("download/PetImages/Dog/1.jpg");
  data.write("download/__MACOSX/x.jpg");
  EXPECT_THAT(scan_error(data.path()),
              HasSubstr("in " + (data.path() / "download/PetImages").string() +
                        " (Cat, Dog), give that folder"));
}

TEST(Scan, NamesEveryEmptyClassFolder) {
  base::TestFolder data;
  data.write("a/1.jpg");
  data.write("b/notes.txt");
  data.make_folder("c");
  EXPECT_THAT(scan_error(data.path()),
              AllOf(HasSubstr("/b: no readable picture in this class folder (b/notes.txt: not an "
                              "image by its name (.txt))"),
                    HasSubstr("/c: no readable picture in this class folder; add"),
                    testing::Not(HasSubstr("/a:"))));
}

TEST(Scan, BothSidesNeedTheSameClasses) {
  base::TestFolder data;
  for (const char* name : {"train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "val/b/1.jpg"}) {
    data.write(name);
  }
  data.write("val/wasps/1.jpg");
  EXPECT_THAT(scan_error(data.path()), HasSubstr("val has a class (wasps) that train lacks"));
  data.write("train/moths/1.jpg");
  data.write("train/flies/1.jpg");
  EXPECT_THAT(scan_error(data.path()),
              HasSubstr("train has classes (flies, moths) that val lacks"));
}

TEST(Scan, SaysWhatToDoWithAnUnsortedTestFolder) {
  base::TestFolder data;
  data.write("train/a/1.jpg");
  data.write("train/b/1.jpg");
  data.write("test/1.jpg");
  EXPECT_THAT(scan_error(data.path()),
              AllOf(HasSubstr("/test: no class folders: it holds 1 picture directly"),
                    HasSubstr("or give " + (data.path() / "train").string())));
}

TEST(Scan, ReadsTheBeesAndAnts) {
  const base::Path root = base::shared_data();
  if (!std::filesystem::exists(root / "hymenoptera_data")) {
    GTEST_SKIP() << "no hymenoptera_data in " << root << "; set ENGRAFT_TEST_DATA";
  }
  const Dataset dataset = scan_dataset(root / "hymenoptera_data");
  EXPECT_THAT(dataset.classes, ElementsAre("ants", "bees"));
  EXPECT_EQ(samples_of(dataset, Split::kTrain).size(), 244U);
  EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 153U);
  EXPECT_THAT(lines_of(dataset.skipped),
              ElementsAre("train/ants/imageNotFound.gif: not an image by its name (.gif)"));
}

}  // namespace
}  // namespace engraft::data
