#include "model/initialise.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "base/parallel.h"
#include "base/random.h"

namespace engraft::model {
namespace {

// Numbers that are drawn from one stream; each block of a parameter has its own.
constexpr std::size_t kBlock = std::size_t{1} << 16U;

enum class Distribution { kConstant, kUniform, kNormal };

struct Filling {
  Distribution distribution = Distribution::kConstant;
  float scale = 0;  // the constant, the bound, or the standard deviation
  float mean = 0;   // of kNormal
};

// What one parameter gets, and where it goes.
struct Task {
  std::string name;
  std::span<float> values;
  Filling filling;
};

struct Block {
  const Task* task;
  std::span<float> values;
  std::uint64_t index;
};

Filling uniform(std::int64_t fan_in) {
  return {Distribution::kUniform, 1 / std::sqrt(static_cast<float>(fan_in))};
}

constexpr Filling kOnes{Distribution::kConstant, 1};

// What PyTorch gives a parameter of each layer.
struct FillingOf {
  const graph::NamedParameter& parameter;
  const graph::Graph& graph;

  Filling operator()(const graph::Conv2d& conv) const {
    const std::int64_t window = conv.kernel.height * conv.kernel.width;
    if (parameter.node == graph::head_of(graph)) {
      return uniform(conv.in_channels / conv.groups * window);
    }
    if (parameter.name.ends_with(".bias")) return {};
    return {Distribution::kNormal, std::sqrt(2 / static_cast<float>(conv.out_channels * window))};
  }
  Filling operator()(const graph::Linear& linear) const { return uniform(linear.in_features); }
  Filling operator()(const graph::BatchNorm2d&) const {
    const bool one =
        parameter.name.ends_with(".weight") || parameter.name.ends_with(".running_var");
    return one ? kOnes : Filling{};
  }
  Filling operator()(const graph::LayerNorm&) const {
    return parameter.name.ends_with(".weight") ? kOnes : Filling{};
  }
  Filling operator()(const graph::Parameter& own) const {
    return {Distribution::kNormal, own.deviation, own.mean};
  }
  // Their numbers are fixed_values().
  Filling operator()(
      const base::OneOf<graph::RelativePositionIndex, graph::RelativeCoordsTable> auto&) const {
    return {};
  }
  Filling operator()(const graph::LayerWithoutParameters auto&) const { return {}; }
};

void fill(const Block& block, std::uint64_t seed) {
  const Filling filling = block.task->filling;
  base::Random random({seed, base::mix_bits(block.task->name), block.index});
  switch (filling.distribution) {
    case Distribution::kConstant:
      std::fill(block.values.begin(), block.values.end(), filling.scale);
      break;
    case Distribution::kUniform:
      for (float& value : block.values) value = random.uniform(-filling.scale, filling.scale);
      break;
    case Distribution::kNormal:
      for (float& value : block.values) value = filling.mean + filling.scale * random.normal();
      break;
  }
}

void initialise(base::StateDict& parameters, const graph::Graph& graph,
                const std::vector<graph::NamedParameter>& wanted, std::uint64_t seed, int workers) {
  std::vector<Task> tasks;
  for (const graph::NamedParameter& parameter : wanted) {
    if (base::Tensor fixed = graph::fixed_values(graph.nodes[parameter.node].layer);
        !fixed.empty()) {
      parameters[parameter.name] = std::move(fixed);
      continue;
    }
    base::Tensor tensor(parameter.dtype, parameter.shape);
    // Counters are integers and begin at the zero that a tensor is made with.
    if (parameter.dtype == base::DType::kFloat32) {
      const graph::Layer& layer = graph.nodes[parameter.node].layer;
      tasks.push_back({parameter.name, tensor.mutable_floats(),
                       std::visit(FillingOf{parameter, graph}, layer)});
    }
    parameters[parameter.name] = std::move(tensor);
  }
  std::vector<Block> blocks;
  for (const Task& task : tasks) {
    const std::size_t count = task.values.size();
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
      blocks.push_back(
          {&task, task.values.subspan(begin, std::min(kBlock, count - begin)), begin / kBlock});
    }
  }
  // Where each parameter is one block, a thread more is not worth it.
  const bool large = blocks.size() > tasks.size();
  if (large && workers <= 0) workers = base::usable_processors();
  base::parallel_for(blocks.size(), large ? workers : 1,
                     [&](std::size_t i, int) { fill(blocks[i], seed); });
}

}  // namespace

void initialise_head(base::StateDict& parameters, const graph::Graph& graph, std::uint64_t seed) {
  std::vector<graph::NamedParameter> wanted = graph::named_parameters(graph);
  const graph::NodeId head = graph::head_of(graph);
  std::erase_if(wanted,
                [&](const graph::NamedParameter& parameter) { return parameter.node != head; });
  initialise(parameters, graph, wanted, seed, 1);
}

void initialise_auxiliary(base::StateDict& parameters, const graph::Graph& graph,
                          std::uint64_t seed) {
  std::vector<graph::NamedParameter> wanted = graph::named_parameters(graph);
  const std::vector<bool> used = graph::nodes_in_use(graph);
  std::erase_if(wanted, [&](const graph::NamedParameter& parameter) {
    return used[parameter.node] || parameters.contains(parameter.name);
  });
  initialise(parameters, graph, wanted, seed, 1);
}

base::StateDict initialise_all(const graph::Graph& graph, std::uint64_t seed, int workers) {
  base::StateDict parameters;
  initialise(parameters, graph, graph::named_parameters(graph), seed, workers);
  return parameters;
}

}  // namespace engraft::model
