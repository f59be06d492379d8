// What people call the sides of a split: train, training_set, seg_train, train_images, Val2017...
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace engraft::data {

// kUnlabelled: pictures to predict, as "seg_pred"; they belong to no side.
enum class Side { kTrain, kVal, kTest, kUnlabelled };

struct SideName {
  Side side = Side::kTrain;
  // What the folders of one split have in common beside the side's word, in lower case: "seg" of
  // seg_train; "" where only words such as set, data and images are left.
  std::string common;
  std::size_t words = 1;
};

// Nothing for a name that says no side, or two ("trainval").
std::optional<SideName> side_name(const std::string& folder);

// The folders of one split; "" for a side that it lacks.
struct SideFolders {
  std::string train;
  std::string val;
  std::string test;
  std::vector<std::string> others;  // the folders beside these
};

// The split among `folders`: training and at least one of validation and test, with the same name
// but for the side. Nothing where there is none. Throws Error where there are several that could
// be meant; `where` begins it.
std::optional<SideFolders> find_sides(const std::vector<std::string>& folders,
                                      const std::string& where);

// "fold1", "Split_02"
bool is_fold_name(const std::string& folder);

// "images", "photos"; and what lies beside them in sets for other purposes: "labels", "masks"
bool is_images_name(const std::string& folder);
bool is_annotations_name(const std::string& folder);

}  // namespace engraft::data
