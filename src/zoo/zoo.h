// The table of networks: how each is built, how its pictures are prepared, and where its published
// weights lie. Adding one is a builder in architectures.h and a row here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "transforms/normalization.h"
#include "transforms/pipeline.h"
#include "weights/weight_file.h"

namespace engraft::zoo {

// One published file of parameters, trained on ImageNet's 1000 classes, and how its pictures were
// prepared (published.tsv; torchvision's Weights).
struct PublishedWeights {
  std::string_view name;  // torchvision's: "IMAGENET1K_V1"
  std::string_view url;
  std::string_view file;    // the URL's last part; "-f37072fd" in it begins its SHA-256
  double top1_percent = 0;  // on ImageNet's validation set, as published; 0: no classifier in it
  int resize = 256;         // shorter side before
  int crop = 224;           // the centre crop
  bool bicubic = false;     // else bilinear
  transforms::Normalization normalization;  // GoogLeNet's and Inception's own, not ImageNet's
  std::int64_t parameters = 0;              // as published; with auxiliary heads or without
  std::string_view licence;
};

struct Architecture {
  std::string_view name;
  graph::Graph (*build)();
  std::vector<PublishedWeights> weights;  // the first is what "imagenet" means
  bool built_in = false;                  // its weights are part of the program
};

std::span<const Architecture> architectures();

bool is_architecture(std::string_view name);

// Throws Error that names the nearest where there is none of this name.
const Architecture& find_architecture(std::string_view name);

// "resnet18" or another name in the table.
graph::Graph build_architecture(std::string_view name);

// How pictures are prepared where nothing else is said: the transforms of the lab's Part B, with
// the sizes, interpolation and normalisation of `weights`; of the architecture's first weights for
// null.
struct Preprocessing {
  transforms::Pipeline train;  // random_resized_crop(224) hflip
  transforms::Pipeline val;    // resize(256) center_crop(224)
  transforms::Normalization normalization;
};
Preprocessing default_preprocessing(const Architecture& architecture,
                                    const PublishedWeights* weights = nullptr);

// The table of published files, as text: published.tsv.
std::string_view embedded_published();

// The names of ImageNet's 1000 classes in the order of the published networks' outputs.
std::span<const std::string> imagenet_classes();

// The parameters of `sprout` that are part of the program, and the names of its own classes.
weights::WeightFile embedded_sprout();

}  // namespace engraft::zoo
