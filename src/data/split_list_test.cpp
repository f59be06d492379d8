#include "data/split_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Dataset two_classes() {
  Dataset dataset;
  dataset.root = "data";
  dataset.classes = {"ants, red", "bees"};
  const auto add = [&](const std::string& name, int label, Split split) {
    dataset.samples.push_back({dataset.root / name, name, label, split});
  };
  add("ants, red/1.jpg", 0, Split::kTrain);
  add("ants, red/2.jpg", 0, Split::kVal);
  add("bees/say \"bzz\".jpg", 1, Split::kTest);
  add("bees/two\nlines.jpg", 1, Split::kUnassigned);
  return dataset;
}

std::string error_of(std::string_view text) {
  return base::message_of<Error>([&] { parse_split_list(text, "s.csv"); });
}

TEST(SplitList, IsATableOfThePictures) {
  EXPECT_EQ(split_list_text(two_classes()),
            "path,label,split,group\n"
            "\"ants, red/1.jpg\",\"ants, red\",train,\n"
            "\"ants, red/2.jpg\",\"ants, red\",val,\n"
            "\"bees/say \"\"bzz\"\".jpg\",bees,test,\n"
            "\"bees/two\nlines.jpg\",bees,,\n");
}

TEST(SplitList, ComesBackAsItWas) {
  const Dataset written = two_classes();
  Dataset read = two_classes();
  for (Sample& sample : read.samples) sample.split = Split::kTrain;
  const base::TestFolder folder;
  folder.write("split.csv", split_list_text(written));
  const AppliedList applied = apply_split_list(read, read_split_list(folder.path() / "split.csv"));
  EXPECT_THAT(applied.samples, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(applied.absent, IsEmpty());
  EXPECT_THAT(applied.unlisted, IsEmpty());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(read.samples[i].split, written.samples[i].split);
}

TEST(SplitList, ColumnsMayBeFewerOrMoreAndInAnyOrder) {
  const std::vector<ListedPicture> list =
      parse_split_list("group,path,p:ants,label\r\nnest 1,a/1.jpg,0.5,ants\r\n", "s.csv");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].path, "a/1.jpg");
  EXPECT_EQ(list[0].label, "ants");
  EXPECT_EQ(list[0].group, "nest 1");
  EXPECT_EQ(list[0].split, Split::kUnassigned);
}

TEST(SplitList, SaysWhatTheDataLack) {
  Dataset dataset = two_classes();
  const AppliedList applied = apply_split_list(
      dataset,
      parse_split_list("path,label,split\n\"ants, red/1.jpg\",x,test\ngone.jpg,x,val\n", "s.csv"));
  EXPECT_THAT(applied.samples, ElementsAre(0));
  EXPECT_EQ(dataset.samples[0].split, Split::kTest);
  EXPECT_EQ(dataset.samples[1].split, Split::kVal);
  EXPECT_THAT(applied.absent, ElementsAre("gone.jpg"));
  EXPECT_EQ(applied.unlisted.size(), 3U);
}

TEST(SplitList, KnowsPicturesByTheirContents) {
  Dataset dataset = two_classes();
  const std::string before = contents_of(dataset, std::vector<std::size_t>{0, 1, 2});
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(contents_of(dataset, std::vector<std::size_t>{2, 0, 1}), before);
  EXPECT_NE(contents_of(dataset, std::vector<std::size_t>{0, 1}), before);
  dataset.samples[3].content = cache::record_key({}, "another");
  EXPECT_EQ(contents_of(dataset, std::vector<std::size_t>{0, 1, 2}), before);
  dataset.samples[1].content = cache::record_key({}, "another");
  EXPECT_NE(contents_of(dataset, std::vector<std::size_t>{0, 1, 2}), before);
}

TEST(SplitList, SaysWhichLineIsWrong) {
  EXPECT_EQ(error_of(""), "s.csv: an empty list");
  EXPECT_THAT(error_of("file,label\n"), HasSubstr("s.csv: line 1: no column \"path\"; a list"));
  EXPECT_THAT(error_of("path,split\n"), HasSubstr("no column \"label\""));
  EXPECT_EQ(error_of("path,label\na,x\n,x\n"), "s.csv: line 3: no path");
  EXPECT_EQ(error_of("path,label\na,x\nb,x\na,y\n"), "s.csv: line 4: a is in line 2 already");
  EXPECT_EQ(error_of("path,label,split\na,x,validation\n"),
            "s.csv: line 2: split \"validation\": must be train, val, test or empty");
  EXPECT_THAT(error_of("path,label\na\n"), HasSubstr("line 2: 1 cells"));
}

TEST(SplitList, KnowsTheSidesByName) {
  for (const Split split : {Split::kUnassigned, Split::kTrain, Split::kVal, Split::kTest}) {
    EXPECT_EQ(split_of(to_string(split)), split);
  }
  EXPECT_FALSE(split_of("Train"));
}

}  // namespace
}  // namespace engraft::data
