// Where a network's parameters come from: published weights in the cache or downloaded, a file, the
// program itself (sprout), an ONNX file, or nothing but random numbers.
//
//   const Pretrained network = open_pretrained("resnet18", {.weights = "imagenet"});
//   Model imagenet = as_published(network);                        // its own 1000 classes
//   Model start = for_classes(network, {"ants", "bees"});          // the same under a fresh head
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "zoo/zoo.h"

namespace engraft::pretrained {

using model::Model;

struct PretrainedOptions {
  // "imagenet" (the published weights; sprout's own are built in), a published name such as
  // "IMAGENET1K_V2", a file (FILE:KEY for one of several networks in it), or "none" (random
  // numbers).
  std::string weights = "imagenet";
  std::uint64_t seed = 0;                        // for "none" and for new heads
  int workers = 0;                               // cores for "none"; 0: all usable ones
  std::function<void(const std::string&)> note;  // told where weights come from, what was assumed
  // Called with bytes so far and in all while downloading; false stops. May be empty.
  std::function<bool(std::uint64_t done, std::uint64_t total)> progress;
};

// A network as it was found, opened once for all that is asked of it.
struct Pretrained {
  std::string name;  // "resnet18", or the ONNX file
  graph::Graph graph;
  base::StateDict parameters;        // the head's only where `head_problem` is empty
  std::vector<std::string> classes;  // of its head, where the file names them
  std::string head_problem;          // why its own head cannot be used; empty where it can
  std::string origin;                // Model's, where a file gave all parameters
  zoo::Preprocessing preprocessing;
  PretrainedOptions options;
};

// Whether a model's name is that of an ONNX file; such a file can stand wherever a zoo network's
// name does, and brings its own weights.
bool is_onnx(std::string_view name);

// Reads (and downloads) what `options` ask for. How pictures are prepared is what a saved model
// says of itself, else what the table says of a published file, whatever path it has, else as for
// the network's first weights; `note` is told of what is assumed. Throws Error.
Pretrained open_pretrained(std::string_view name, const PretrainedOptions& options);

// With its own head, whose classes are ImageNet's where there are 1000, and numbers where nobody
// names them (model/classes.h). Throws Error where there is no head.
Model as_published(const Pretrained& network);

// With a head for these classes, initialised as PyTorch does; its own where it is for just these
// classes, in whatever order.
Model for_classes(const Pretrained& network, std::vector<std::string> classes);

// Both in one step.
Model pretrained_model(std::string_view name, const PretrainedOptions& options);
Model model_for_classes(std::string_view name, std::vector<std::string> classes,
                        const PretrainedOptions& options);

// How pictures are prepared for a zoo network with its usual weights, or an ONNX file. Throws Error
// for a name that is neither.
zoo::Preprocessing preprocessing_for(std::string_view name);

// Makes sure that the published weights lie in the cache; returns their path. Throws Error.
base::Path fetch_published(std::string_view name, const PretrainedOptions& options);

}  // namespace engraft::pretrained
