#include "run/features.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/npy.h"
#include "base/text.h"
#include "engraft/error.h"
#include "graph/select.h"
#include "run/data_set.h"
#include "run/network.h"
#include "run/outputs.h"
#include "run/places.h"
#include "weights/safetensors.h"

namespace engraft::run {
namespace {

// The features as they are cut in evaluation: right before the first layer that would learn.
graph::NodeId cut_for(const graph::Graph& graph, const std::string& train) {
  const std::vector<std::string> patterns = base::split_at_commas(train);
  const graph::NodeId cut =
      graph::find_cut(graph, graph::select_parameters(graph, patterns), graph::Mode::kEval);
  if (cut == 0) {
    throw OptionError(
        fmt::format("--train {}: the first layer would learn, so there is nothing "
                    "before it that could be kept",
                    train));
  }
  return cut;
}

void write(const base::Path& file, const base::Tensor& features, const model::Model& model,
           graph::NodeId cut) {
  if (file.extension() == ".safetensors") {
    weights::write_safetensors(file, {{"features", features}},
                               {{"architecture", model.graph.architecture},
                                {"cut", model.graph.nodes[cut].name},
                                {"val_transforms", to_string(model.val_transforms)}});
  } else {
    base::write_npy(file, features);
  }
}

}  // namespace

std::optional<FeaturesResult> write_features(const FeaturesRequest& request,
                                             const base::Events& events) {
  const Settings& settings = request.settings;
  if (request.output.extension() != ".npy" && request.output.extension() != ".safetensors") {
    throw OptionError(
        fmt::format("-o {}: must end in .npy or .safetensors", request.output.string()));
  }
  require_writable(request.output);
  resolve_precision(settings);
  note_processor(events);
  const model::Model model = open_model(settings.model, settings, events);
  const graph::NodeId cut = cut_for(model.graph, settings.train);
  infer::ComputePlan plan = plan_for(model, settings, events);
  FeaturesResult result;
  result.data =
      open_dataset(request.data, settings, events, {.purpose = data::Purpose::kInspection});
  result.cut = model.graph.nodes[cut].name;
  const std::vector<std::size_t> samples = all_samples(result.data);
  if (!settle_int8(plan, settings, result.data, samples, model, cut, events)) return {};

  const Outputs outputs = compute_outputs(model, cut, result.data, samples, plan, settings, events,
                                          "pictures to features");
  if (!outputs.complete) return {};
  result.shape = outputs.shape;
  result.shape.insert(result.shape.begin(), std::ssize(samples));
  base::Tensor features(base::DType::kFloat32, result.shape);
  std::ranges::copy(outputs.values, features.mutable_floats().begin());
  write(request.output, features, model, cut);
  return result;
}

}  // namespace engraft::run
