#include "features/feature_cache.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/parallel.h"
#include "cache/record_store.h"
#include "graph/layer_json.h"
#include "image/decode.h"

namespace engraft::features {
namespace {

// Counts up whenever the same network computes other numbers than before.
constexpr int kVersion = 4;

}  // namespace

std::string hash_of_prefix(const model::Model& model, graph::NodeId cut, int workers) {
  const graph::Graph& graph = model.graph;
  const base::StateDict& parameters = model.parameters;
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
    layers += fmt::format("{} {} {} [{}]\n", id, node.name, graph::layer_to_json(node.layer).dump(),
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

std::string describe_features(const model::Model& model, graph::NodeId cut,
                              const std::string& prefix, const transforms::Pipeline& pipeline,
                              const infer::ComputePlan& plan, bool exact_decode) {
  const transforms::Normalization normalization =
      transforms::normalization_of(pipeline, model.normalization);
  return fmt::format(
      "{} up to {}, {}; {}; mean {}, std {}{}; network {}, plan {}, version {}, decoders {}",
      model.graph.architecture, model.graph.nodes[cut].name, describe(plan), to_string(pipeline),
      fmt::join(normalization.mean, " "), fmt::join(normalization.stddev, " "),
      exact_decode ? ", decoded exactly" : "", prefix, hash_of(plan, model.graph), kVersion,
      image::kDecoderVersion);
}

}  // namespace engraft::features
