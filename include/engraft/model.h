// A trained classifier as a value: the network, its parameters, its classes, and how pictures are
// prepared for it.
//
//   const engraft::Model model = engraft::load_model("runs/resnet18-1/best.safetensors");
//   for (const std::string& name : model.classes()) ...
//
// A Model never changes, and is cheap to copy: copies share one network. It may be used from
// several threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engraft/export.h"

namespace engraft {

// What a model says of itself.
struct ModelFacts {
  std::string architecture;  // "resnet18"
  int height = 0;            // of the pictures that the network is given, in pixels
  int width = 0;
  std::int64_t parameters = 0;  // numbers that can learn
  std::string transforms;       // "resize(256) center_crop(224)": what is done to each picture
  std::array<float, 3> mean{};  // then (pixel / 255 - mean) / stddev, in red, green and blue
  std::array<float, 3> stddev{};
  // The options that it was trained with, by name ("lr"), and what came out, as JSON ("results").
  // Empty where it was not trained by Engraft.
  std::map<std::string, std::string> training;
  std::string results;
};

class ENGRAFT_API Model {
 public:
  // Names in the order of the logits.
  const std::vector<std::string>& classes() const;

  ModelFacts facts() const;

  // For the library's own use.
  struct Implementation;
  explicit Model(std::shared_ptr<const Implementation> implementation);
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<const Implementation> implementation_;
};

// Reads a saved model: a .safetensors file, or a run folder, whose best model it is. The parameters
// stay in the file, which is mapped: it must not be changed in place while the model lives (Engraft
// itself writes beside a file, and renames).
//
// Throws Error where the file is no model that Engraft saved, is damaged, or was written by a later
// version. Models of 0.1.0 do not carry their network: Engraft::engraft reads them,
// Engraft::predict throws an Error that says how they are converted (engraft convert OLD NEW).
ENGRAFT_API Model load_model(const std::filesystem::path& path);

// Writes a model as one .safetensors file under torchvision's names, beside its place first: there
// is the whole file or none. Throws Error.
ENGRAFT_API void save_model(const Model& model, const std::filesystem::path& path);

// The same model for pictures that are prepared otherwise: "resize(224x224)", or, with another
// normalisation than its own, "resize(224x224) normalize(mean=0.5,std=0.5)". Throws Error for what
// is no such text, and for one that gives pictures of different sizes.
ENGRAFT_API Model with_transforms(const Model& model, std::string_view transforms);

// The same model under other names for its classes, in the order of its logits. Throws Error where
// they are not as many.
ENGRAFT_API Model with_class_names(const Model& model, std::vector<std::string> names);

}  // namespace engraft
