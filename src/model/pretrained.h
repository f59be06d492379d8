// Where a network's parameters come from: published weights in the cache or downloaded, a file, the
// program itself (sprout), or nothing but random numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "zoo/zoo.h"

namespace engraft::model {

struct PretrainedOptions {
  // "imagenet" (the published weights; sprout's own are built in), a published name such as
  // "IMAGENET1K_V2", a file, or "none" (random numbers).
  std::string weights = "imagenet";
  std::uint64_t seed = 0;                        // for "none" and for new heads
  int workers = 0;                               // cores for "none"; 0: all usable ones
  std::function<void(const std::string&)> note;  // told where weights are found or fetched from
  // Called with bytes so far and in all while downloading; false stops. May be empty.
  std::function<bool(std::uint64_t done, std::uint64_t total)> progress;
};

// Whether a model's name is that of an ONNX file; such a file can stand wherever a zoo network's
// name does, and brings its own weights.
bool is_onnx(std::string_view name);

// A zoo network as published: the 1000 ImageNet classes (sprout: its own). Throws Error.
Model pretrained_model(std::string_view name, const PretrainedOptions& options);

// The same network with a fresh head for these classes, initialised as PyTorch does.
Model model_for_classes(std::string_view name, std::vector<std::string> classes,
                        const PretrainedOptions& options);

// How pictures are prepared for a zoo network with these weights (an option's text), or an ONNX
// file, where nothing else is said. Throws Error for a name that is neither.
zoo::Preprocessing preprocessing_for(std::string_view name,
                                     const std::string& weights = "imagenet");

// Makes sure that the published weights lie in the cache; returns their path. Throws Error.
base::Path fetch_published(std::string_view name, const PretrainedOptions& options);

}  // namespace engraft::model
