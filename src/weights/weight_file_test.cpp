#include "weights/weight_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "weights/safetensors.h"

namespace engraft::weights {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

TEST(WeightPlace, TakesAKeyOnlyWhereNoFileHasTheWholeName) {
  const base::TestFolder folder;
  folder.write("a.pth");
  folder.write("b.pth:ema");
  folder.write("x,y:z/c.pth");
  const auto place = [&](const std::string& name) {
    return weight_place((folder.path() / name).string());
  };
  EXPECT_EQ(place("a.pth")->key, "");
  EXPECT_EQ(place("a.pth:ema")->file, folder.path() / "a.pth");
  EXPECT_EQ(place("a.pth:ema")->key, "ema");
  EXPECT_EQ(place("b.pth:ema")->key, "");
  EXPECT_EQ(place("b.pth:ema:model")->key, "model");
  EXPECT_EQ(place("x,y:z/c.pth")->key, "");
  EXPECT_EQ(place("x,y:z/c.pth:net")->key, "net");
  EXPECT_FALSE(place("none.pth:ema").has_value());
  EXPECT_FALSE(weight_place("imagenet").has_value());
}

class Parts : public testing::Test {
 protected:
  Parts() {
    write("model-00001-of-00002.safetensors", "a");
    write("model-00002-of-00002.safetensors", "b");
    index("model-00002-of-00002.safetensors");
  }

  void write(const char* name, const char* tensor) const {
    write_safetensors(folder_.path() / name, {{tensor, base::Tensor::from({{1}}, {1})}}, {});
  }
  void index(const std::string& second) const {
    folder_.write(
        "model.safetensors.index.json",
        R"({"weight_map": {"a": "model-00001-of-00002.safetensors", "b": ")" + second + "\"}}");
  }
  base::StateDict read(const char* name) const {
    return read_weights(folder_.path() / name).tensors;
  }
  std::string problem(const char* name) const {
    return base::message_of<Error>([&] { read(name); });
  }

  base::TestFolder folder_;
};

TEST_F(Parts, AreReadWholeFromAnyOfThem) {
  for (const char* name : {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                           "model.safetensors.index.json"}) {
    EXPECT_THAT(read(name), ElementsAre(Key("a"), Key("b"))) << name;
  }
  // Names that only look so.
  for (const char* name : {"a-of-2.safetensors", "x-00003-of-00002.safetensors",
                           "1-of-1.safetensors", "best-of-5.safetensors", "-of-.x", "-of-"}) {
    write(name, "c");
    EXPECT_THAT(read(name), ElementsAre(Key("c"))) << name;
  }
}

TEST_F(Parts, AreMissed) {
  std::filesystem::remove(folder_.path() / "model-00002-of-00002.safetensors");
  for (const char* name : {"model-00001-of-00002.safetensors", "model.safetensors.index.json"}) {
    EXPECT_THAT(problem(name),
                AllOf(HasSubstr(name), HasSubstr("in 2 files, of which "
                                                 "model-00002-of-00002.safetensors is missing")));
  }
}

TEST_F(Parts, LieBesideTheirIndex) {
  index("../model-00002-of-00002.safetensors");
  EXPECT_THAT(problem("model.safetensors.index.json"), HasSubstr("no name of a file beside it"));
  for (const char* text : {"", "[]", "{}", R"({"weight_map": 3})", R"({"weight_map": {"a": 1}})"}) {
    folder_.write("model.safetensors.index.json", text);
    EXPECT_THAT(problem("model.safetensors.index.json"), HasSubstr("no index of weights"));
  }
  write("model-00002-of-00002.safetensors", "a");
  EXPECT_THAT(problem("model-00001-of-00002.safetensors"), HasSubstr("both hold a"));
}

}  // namespace
}  // namespace engraft::weights
