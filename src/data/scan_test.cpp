#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/testing/folders.h"
#include "base/testing/temporary_folder.h"
#include "data/dataset.h"
#include "data/split_list.h"
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

std::vector<std::string> passed_over(const Dataset& dataset) {
  std::vector<std::string> lines;
  for (const PassedOver& one : dataset.passed_over) lines.push_back(one.name + ": " + one.reason);
  return lines;
}

std::string scan_error(const base::Path& root, const ScanOptions& options = {}) {
  return base::message_of<Error>([&] { scan_dataset(root, options); });
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
  for (const char* val : {"val", "valid", "validation", "Val", "VALID"}) {
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

TEST(Scan, KeepsTheTestSideApart) {
  base::TestFolder data;
  for (const char* side : {"train", "test", "val"}) {
    data.write(base::Path(side) / "a/1.jpg");
    data.write(base::Path(side) / "b/1.jpg");
  }
  data.write("notes/1.jpg");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_EQ(dataset.samples.size(), 6U);
  for (const Sample& sample : dataset.samples) {
    EXPECT_EQ(sample.name.substr(0, sample.name.find('/')), to_string(sample.split));
  }
  EXPECT_THAT(passed_over(dataset), ElementsAre("notes: lies beside train"));
}

// Without a validation side, that is held out of training: what is tested is never chosen by.
TEST(Scan, TestIsNotValidation) {
  base::TestFolder data;
  for (const char* name : {"train/a/1.jpg", "train/b/1.jpg", "test/a/2.jpg", "test/b/2.jpg"}) {
    data.write(name);
  }
  data.write("test/wasps/3.jpg");
  data.make_folder("test/b2");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_EQ(samples_of(dataset, Split::kUnassigned).size(), 2U);
  EXPECT_EQ(samples_of(dataset, Split::kTest).size(), 2U);
  EXPECT_THAT(passed_over(dataset),
              ElementsAre("test/b2: is no class of train", "test/wasps: is no class of train"));
}

TEST(Scan, FindsSidesByAllTheirUsualNames) {
  const std::vector<std::vector<std::string>> layouts{
      {"training_set", "test_set"},
      {"training_set/training_set", "test_set/test_set"},
      {"seg_train/seg_train", "seg_test/seg_test"},
      {"train_images", "test_images"},
      {"train_images", "val_images", "test_images"},
      {"Train", "Valid", "TEST"},
      {"flowers-train", "flowers-validation"},
      {"train2017", "val2017"},
      {"TrainImages", "ValidationImages", "TestImages"},
      {"trainset", "testset"},
      {"training data", "testing data"},
      {"images_train", "images_dev"}};
  for (const std::vector<std::string>& sides : layouts) {
    base::TestFolder data;
    for (const std::string& side : sides) {
      data.write(base::Path(side) / "ants/1.jpg");
      data.write(base::Path(side) / "bees/1.jpg");
    }
    const Dataset dataset = scan_dataset(data.path());
    EXPECT_THAT(dataset.classes, ElementsAre("ants", "bees")) << sides[0];
    EXPECT_EQ(dataset.samples.size(), 2 * sides.size()) << sides[0];
    std::set<Split> found;
    for (const Sample& sample : dataset.samples) found.insert(sample.split);
    EXPECT_EQ(found.size(), sides.size()) << sides[0];
  }
}

TEST(Scan, PassesOverPicturesToPredictAndWhatLiesBesideTheSides) {
  base::TestFolder data;
  for (const char* name :
       {"seg_train/seg_train/a/1.jpg", "seg_train/seg_train/b/1.jpg", "seg_test/seg_test/a/1.jpg",
        "seg_test/seg_test/b/1.jpg", "seg_pred/seg_pred/1.jpg", "seg_pred/seg_pred/2.jpg"}) {
    data.write(name);
  }
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
  EXPECT_THAT(passed_over(dataset), ElementsAre("seg_pred: lies beside seg_train/seg_train"));
}

TEST(Scan, ReadsKagglesTrainBesideAnUnsortedTest) {
  base::TestFolder data;
  data.write("train/a/1.jpg");
  data.write("train/b/1.jpg");
  data.write("test/1.jpg");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_EQ(samples_of(dataset, Split::kUnassigned).size(), 2U);
  EXPECT_THAT(passed_over(dataset),
              ElementsAre("test: holds no class folders: its 1 pictures have no label"));
}

TEST(Scan, RefusesWhatIsNotClasses) {
  struct Case {
    std::vector<std::string> files;
    std::string message;
  };
  const std::vector<Case> cases{
      {{"fold1/a/1.jpg", "fold1/b/1.jpg", "fold2/a/1.jpg", "fold2/b/1.jpg", "fold3/a/1.jpg"},
       "ROOT: fold1, fold2, fold3 look like the folds of a cross-validation, not like classes; "
       "give a "
       "folder that holds a folder of pictures for each class, such as ROOT/fold1"},
      {{"images/1.jpg", "annotations/1.jpg"},
       ": annotations, images look like the parts of a data set for another purpose"},
      {{"images/a/1.jpg", "images/b/1.jpg", "annotations/1.xml"}, "such as ROOT/images"},
      {{"train/images/1.jpg", "train/labels/1.txt", "val/images/1.jpg", "val/labels/1.txt"},
       "/train: images, labels look like the parts of a data set"},
      {{"val/a/1.jpg", "val/b/1.jpg", "test/a/1.jpg", "test/b/1.jpg"},
       ": test, val look like sides of a split, not like classes; give a folder that holds train "
       "and val (or test), or one of these, such as ROOT/test"},
      {{"train/a/1.jpg", "train/b/1.jpg", "docs/manual.pdf"},
       ": train looks like a side of a split, not like a class; give a folder that holds a folder "
       "of pictures for each class, such as ROOT/train"},
      {{"photo/dog/1.jpg", "photo/cat/1.jpg", "sketch/dog/1.jpg", "sketch/cat/1.jpg"},
       ": photo, sketch all hold the same folders (cat, dog), so that these seem to be the "
       "classes; give a folder that holds a folder of pictures for each class, such as ROOT/photo"},
      {{"daisy/1.jpg", "rose/1.jpg", "flowers/daisy/1.jpg", "flowers/rose/1.jpg"},
       ": flowers holds only folders, where others (daisy, rose) hold pictures; put the pictures"},
      {{"train2014/a/1.jpg", "val2014/a/1.jpg", "train2017/a/1.jpg", "val2017/a/1.jpg"},
       ": holds more than one split (train2014 and val2014; train2017 and val2017); leave one"},
      {{"train_images/1.jpg", "val_images/2.jpg"},
       "/train_images: no class folders: it holds 1 picture directly"}};
  for (const Case& one : cases) {
    base::TestFolder data;
    for (const std::string& file : one.files) data.write(file);
    std::string expected = one.message;
    for (std::size_t root; (root = expected.find("ROOT")) != std::string::npos;) {
      expected.replace(root, 4, data.path().string());
    }
    for (const Purpose purpose : {Purpose::kTraining, Purpose::kInspection}) {
      EXPECT_THAT(scan_error(data.path(), {.purpose = purpose}), HasSubstr(expected));
    }
  }
}

// What looks a little like the above, and is all right.
TEST(Scan, TakesClassesThatOnlySoundLikeSides) {
  const std::vector<std::vector<std::string>> layouts{
      {"bus/1.jpg", "train/1.jpg", "tram/1.jpg"},
      {"train station/1.jpg", "test tube/1.jpg"},
      {"cats/2023/1.jpg", "cats/2024/1.jpg", "dogs/2023/1.jpg", "dogs/2024/1.jpg"},
      {"benign/40X/1.jpg", "benign/100X/1.jpg", "malignant/40X/1.jpg", "malignant/100X/1.jpg"},
      {"cats/1.jpg", "cats/more/2.jpg", "cats/old/2.jpg", "dogs/1.jpg"},
      {"cats/cats/1.jpg", "dogs/1.jpg"},
      {"images/1.jpg", "text/1.jpg"}};
  for (const std::vector<std::string>& files : layouts) {
    base::TestFolder data;
    for (const std::string& file : files) data.write(file);
    EXPECT_EQ(scan_dataset(data.path()).samples.size(), files.size()) << files[0];
  }
}

TEST(Scan, TheSameNameInBothUnicodeFormsIsOneClass) {
  base::TestFolder data;
  data.write("train/b\xC3\xA4r/1.jpg");  // one letter
  data.write("val/ba\xCC\x88r/2.jpg");   // a letter and a mark, as macOS writes it
  data.write("train/wolf/1.jpg");
  data.write("val/wolf/1.jpg");
  const Dataset sides = scan_dataset(data.path());
  EXPECT_THAT(sides.classes, ElementsAre("b\xC3\xA4r", "wolf"));
  EXPECT_EQ(sides.samples[2].name, "val/ba\xCC\x88r/2.jpg");
  EXPECT_EQ(sides.samples[2].label, 0);

  data.write("both/b\xC3\xA4r/1.jpg");
  data.write("both/ba\xCC\x88r/2.jpg");
  data.write("both/wolf/1.jpg");
  const Dataset both = scan_dataset(data.path() / "both");
  EXPECT_THAT(both.classes, ElementsAre("b\xC3\xA4r", "wolf"));
  EXPECT_EQ(both.samples.size(), 3U);
}

TEST(Scan, NamesThatAreNotUtf8) {
  base::TestFolder data;
  data.write("a/caf\xE9.jpg");
  data.write("a/caf\xE9.txt");
  data.write("b/1.jpg");
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_THAT(names_of(dataset), ElementsAre("a/caf\\xe9.jpg", "b/1.jpg"));
  EXPECT_TRUE(std::filesystem::exists(dataset.samples[0].path));
  EXPECT_THAT(lines_of(dataset.skipped),
              ElementsAre("a/caf\\xe9.txt: not an image by its name (.txt)"));
  data.write("caf\xE9/1.jpg");
  EXPECT_THAT(scan_error(data.path()),
              HasSubstr("the class folder \"caf\\xe9\" has a name that is not UTF-8; rename it"));
}

TEST(Scan, PassesOverRunFolders) {
  base::TestFolder data;
  for (const char* name :
       {"a/1.jpg", "b/1.jpg", "runs/resnet18-1/run.json", "runs/resnet18-1/metrics.csv",
        "runs/resnet18-1/thumbnails/1.jpg", "runs/demo-1/grid.png", "runs/demo-1/run/run.json",
        "runs/demo-1/pictures/train/ants/1.jpg", "mine/run.json", "mine/metrics.csv",
        "a/tried/run.json", "a/tried/metrics.csv", "begun/run.json", "killed/run.json",
        "killed/split.csv", "killed/thumbnails/1.jpg"}) {
    data.write(name);
  }
  data.make_folder("about to be written");
  const Dataset dataset =
      scan_dataset(data.path(), {.not_data = data.path() / "about to be written"});
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
  EXPECT_THAT(names_of(dataset), ElementsAre("a/1.jpg", "b/1.jpg"));
  EXPECT_THAT(dataset.skipped, IsEmpty());
  EXPECT_THAT(passed_over(dataset),
              ElementsAre("a/tried: a run folder of engraft", "about to be written: is written to",
                          "begun: a run folder of engraft", "killed: a run folder of engraft",
                          "mine: a run folder of engraft", "runs: holds run folders of engraft"));
}

TEST(Scan, RunFoldersAloneAreNoData) {
  base::TestFolder data;
  data.write("runs/sprout-1/run.json");
  data.write("runs/sprout-1/metrics.csv");
  for (const Purpose purpose : {Purpose::kTraining, Purpose::kInspection}) {
    EXPECT_THAT(scan_error(data.path(), {.purpose = purpose}), HasSubstr(": no class folders; it"));
  }
}

TEST(Scan, InspectsWhatCannotBeTrainedOn) {
  base::TestFolder data;
  data.write("a/1.jpg");
  data.make_folder("b");
  data.write("c/notes.txt");
  data.write("@eaDir/1.jpg/thumb.jpg");
  data.write("a/@eaDir/1.jpg/thumb.jpg");
  data.write(".git/config");
  EXPECT_NE(scan_error(data.path()), "");
  const Dataset dataset = scan_dataset(data.path(), {.purpose = Purpose::kInspection});
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b", "c"));
  EXPECT_THAT(names_of(dataset), ElementsAre("a/1.jpg"));
  EXPECT_THAT(lines_of(dataset.gaps),
              ElementsAre("b: no readable picture in this class folder",
                          "c: no readable picture in this class folder (c/notes.txt: not an image "
                          "by its name (.txt))"));
  EXPECT_THAT(passed_over(dataset),
              ElementsAre(".git: a hidden folder",
                          "@eaDir: a folder that a file server or a system keeps for itself",
                          "a/@eaDir: a folder that a file server or a system keeps for itself"));
  for (const PassedOver& one : dataset.passed_over) EXPECT_TRUE(one.usual);

  base::TestFolder single;
  single.write("cats/1.jpg");
  EXPECT_EQ(scan_dataset(single.path(), {.purpose = Purpose::kInspection}).samples.size(), 1U);
  EXPECT_THAT(scan_error(single.path()), HasSubstr("only one class folder (cats)"));

  base::TestFolder sides;
  for (const char* name : {"train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg"}) sides.write(name);
  sides.make_folder("train/@eaDir");
  EXPECT_THAT(passed_over(scan_dataset(sides.path(), {.purpose = Purpose::kInspection})),
              ElementsAre(testing::StartsWith("train/@eaDir: ")));
  EXPECT_THAT(lines_of(scan_dataset(sides.path(), {.purpose = Purpose::kInspection}).gaps),
              ElementsAre("val/b: missing, though train has it"));
}

TEST(Scan, ReadsThousandsOfClasses) {
  base::TestFolder data;
  constexpr int kClasses = 2000;
  for (int i = 0; i < kClasses; ++i) {
    const base::Path folder = data.path() / ("class" + std::to_string(i));
    std::filesystem::create_directory(folder);
    for (const char* name : {"1.jpg", "2.jpg"}) std::ofstream(folder / name) << "x";
  }
  const Dataset dataset = scan_dataset(data.path());
  EXPECT_EQ(dataset.classes.size(), kClasses);
  EXPECT_EQ(dataset.samples.size(), 2 * kClasses);
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
