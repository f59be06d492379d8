#include "features/feature_cache.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/hash.h"
#include "base/parallel.h"
#include "cache/record_store.h"
#include "image/decode.h"

namespace engraft::features {
namespace {

// Counts up whenever the same network computes other numbers than before.
constexpr int kVersion = 2;

// Of the layers that `cut` needs, how they are connected, and their parameters.
std::string hash_of_prefix(const graph::Graph& graph, const base::StateDict& parameters,
                           graph::NodeId cut, int workers) {
  std::vector<bool> needed(graph.nodes.size(), false);
  needed[cut] = true;
  for (graph::NodeId id = cut + 1; id-- > 0;) {
    if (!needed[id]) continue;
    for (const graph::NodeId input : graph.nodes[id].inputs) needed[input] = true;
  }
  std::string layers;
  std::vector<const base::Tensor*> tensors;
  for (graph::NodeId id = 0; id <= cut; ++id) {
    if (!needed[id]) continue;
    const graph::Node& node = graph.nodes[id];
    layers += fmt::format("{} {} {} [{}]\n", id, node.name, graph::describe(node.layer),
                          fmt::join(node.inputs, ","));
    for (const graph::ParameterSpec& spec : graph::parameters_of(node.layer)) {
      const auto found = parameters.find(graph::full_name(node, spec));
      if (found != parameters.end()) tensors.push_back(&found->second);
    }
  }
  std::vector<cache::RecordKey> hashes(tensors.size());
  base::parallel_for(tensors.size(), workers, [&](std::size_t i, int) {
    hashes[i] = cache::record_key(tensors[i]->bytes());
  });
  base::Sha256 hash;
  hash.update(std::as_bytes(std::span(layers)));
  for (const cache::RecordKey& one : hashes) hash.update(one);
  return hash.hex().substr(0, 16);
}

// What 8-bit features depend on beside the network.
std::string precision_text(const infer::ExecutorOptions& compute) {
  const std::string name = to_string(compute.precision);
  if (compute.precision != infer::Precision::kInt8) return name;
  std::string ranges;
  for (const auto& [value, range] : compute.ranges) {
    ranges += fmt::format("{} {} {}{}\n", value, range.low, range.high, range.wide ? " wide" : "");
  }
  return name + " " + base::sha256_hex(std::as_bytes(std::span(ranges))).substr(0, 8);
}

}  // namespace

std::string describe_features(const model::Model& model, graph::NodeId cut,
                              const transforms::Pipeline& pipeline,
                              const infer::ExecutorOptions& compute, bool exact_decode,
                              int workers) {
  const transforms::Normalization normalization =
      transforms::normalization_of(pipeline, model.normalization);
  return fmt::format(
      "{} up to {}, {}; {}; mean {}, std {}{}{}; network {}, version {}, decoders {}",
      model.graph.architecture, model.graph.nodes[cut].name, precision_text(compute),
      to_string(pipeline), fmt::join(normalization.mean, " "), fmt::join(normalization.stddev, " "),
      compute.convolutions == infer::Convolutions::kDirect ? ", exact" : "",
      exact_decode ? ", decoded exactly" : "",
      hash_of_prefix(model.graph, model.parameters, cut, workers), kVersion,
      image::kDecoderVersion);
}

}  // namespace engraft::features
