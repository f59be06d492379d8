#include "features/feature_cache.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/hash.h"
#include "base/parallel.h"
#include "cache/record_store.h"

namespace engraft {
namespace {

// Counts up whenever the same network computes other numbers than before.
constexpr int kVersion = 2;

// Of the layers that `cut` needs, how they are connected, and their parameters.
std::string hash_of_prefix(const Graph& graph, const StateDict& parameters, NodeId cut,
                           int workers) {
  std::vector<bool> needed(graph.nodes.size(), false);
  needed[cut] = true;
  for (NodeId id = cut + 1; id-- > 0;) {
    if (!needed[id]) continue;
    for (const NodeId input : graph.nodes[id].inputs) needed[input] = true;
  }
  std::string layers;
  std::vector<const Tensor*> tensors;
  for (NodeId id = 0; id <= cut; ++id) {
    if (!needed[id]) continue;
    const Node& node = graph.nodes[id];
    layers += fmt::format("{} {} {} [{}]\n", id, node.name, describe(node.layer),
                          fmt::join(node.inputs, ","));
    for (const ParameterSpec& spec : parameters_of(node.layer)) {
      const auto found = parameters.find(full_name(node, spec));
      if (found != parameters.end()) tensors.push_back(&found->second);
    }
  }
  std::vector<RecordKey> hashes(tensors.size());
  parallel_for(tensors.size(), workers,
               [&](std::size_t i, int) { hashes[i] = record_key(tensors[i]->bytes()); });
  Sha256 hash;
  hash.update(std::as_bytes(std::span(layers)));
  for (const RecordKey& one : hashes) hash.update(one);
  return hash.hex().substr(0, 16);
}

// What 8-bit features depend on beside the network.
std::string precision_text(const ExecutorOptions& compute) {
  const std::string name = to_string(compute.precision);
  if (compute.precision != Precision::kInt8) return name;
  std::string ranges;
  for (const auto& [value, range] : compute.ranges) {
    ranges += fmt::format("{} {} {}{}\n", value, range.low, range.high, range.wide ? " wide" : "");
  }
  return name + " " + sha256_hex(std::as_bytes(std::span(ranges))).substr(0, 8);
}

}  // namespace

std::string describe_features(const Model& model, NodeId cut, const Pipeline& pipeline,
                              const ExecutorOptions& compute, bool exact_decode, int workers) {
  return fmt::format("{} up to {}, {}; {}; mean {}, std {}{}{}; network {}, version {}",
                     model.graph.architecture, model.graph.nodes[cut].name, precision_text(compute),
                     to_string(pipeline), fmt::join(model.normalization.mean, " "),
                     fmt::join(model.normalization.stddev, " "),
                     compute.convolutions == Convolutions::kDirect ? ", exact" : "",
                     exact_decode ? ", decoded exactly" : "",
                     hash_of_prefix(model.graph, model.parameters, cut, workers), kVersion);
}

}  // namespace engraft
