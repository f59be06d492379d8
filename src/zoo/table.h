// What the zoo is made of: each network's builder, and what is published for it.
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "zoo/zoo.h"

namespace engraft::zoo {

struct Builder {
  std::string_view name;
  graph::Graph (*build)();
};

// In the order of `engraft models`.
std::span<const Builder> builders();

// By network, from published.tsv.
std::map<std::string_view, std::vector<PublishedWeights>> published_weights();

}  // namespace engraft::zoo
