#include "run/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "model/model.h"
#include "pretrained/pretrained.h"
#include "weights/safetensors.h"

namespace engraft::run {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A model as 0.1.0 wrote it: a network's name, no graph, no format, no plan, a list of patterns.
class Convert : public testing::Test {
 protected:
  Convert() {
    model::Model model = pretrained::model_for_classes("sprout", {"ants", "bees"}, {});
    model.facts = {{"training", R"({"train":["head"]})"}, {"results", R"({"accuracy":90})"}};
    model::save_model(model, old_);
    weights::WeightFile file = weights::read_weights(old_);
    file.metadata.erase("graph");
    file.metadata.erase("engraft.format");
    weights::write_safetensors(old_, file.tensors, file.metadata);
  }

  base::TestFolder folder_;
  base::Path old_ = folder_.path() / "old.safetensors";
  base::Path new_ = folder_.path() / "new.safetensors";
};

TEST_F(Convert, GivesAModelThatNeedsNothingElse) {
  EXPECT_THAT(
      base::message_of<Error>([&] { model::load_model(old_); }),
      AllOf(HasSubstr("old.safetensors"), HasSubstr("engraft convert"), HasSubstr("sprout")));
  convert(old_.string(), new_);
  const model::Model converted = model::load_model(new_);
  EXPECT_EQ(converted.classes, (std::vector<std::string>{"ants", "bees"}));
  EXPECT_EQ(converted.facts.at("training"), R"({"train":["head"]})");
  EXPECT_EQ(converted.facts.at("results"), R"({"accuracy":90})");
  const base::StateDict before = weights::read_weights(old_).tensors;
  ASSERT_EQ(converted.parameters.size(), before.size());
  for (const auto& [name, tensor] : before) {
    EXPECT_TRUE(std::ranges::equal(converted.parameters.at(name).bytes(), tensor.bytes())) << name;
  }
}

TEST_F(Convert, MayWriteOverTheOldOne) {
  convert(old_.string(), old_);
  EXPECT_NO_THROW(model::load_model(old_));
}

TEST_F(Convert, SaysWhatItCannotDo) {
  EXPECT_THROW(convert("resnet18", new_), OptionError);
  EXPECT_THROW(convert((folder_.path() / "none.safetensors").string(), new_), Error);
  EXPECT_THROW(convert(old_.string(), folder_.path() / "no" / "such" / "folder"), Error);
  EXPECT_FALSE(std::filesystem::exists(new_));
}

}  // namespace
}  // namespace engraft::run
