#include "learn/suffix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/parallel.h"
#include "engraft/error.h"
#include "learn/learnable.h"
#include "learn/product.h"

namespace engraft::learn {

// What a computation is for.
struct Suffix::Run {
  graph::Mode mode;
  graph::Mode pictures;  // whose size is tried first
  std::uint64_t key;
};

namespace {

// A pass holds at most this many bytes of one activation; more pictures are taken in turns. It is
// so little that the backward pass finds in the cache what the forward pass has read.
constexpr std::size_t kActivationBytes = std::size_t{4} << 20U;

std::size_t size_of(const base::Shape& shape) {
  return static_cast<std::size_t>(base::element_count(shape));
}

base::Tensor take(const base::StateDict& parameters, const std::string& name,
                  const base::Shape& shape) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    throw Error(fmt::format("the parameter {} is missing from the weights", name));
  }
  if (found->second.shape() != shape) {
    throw Error(
        fmt::format("the parameter {} has the shape {} in the weights; the network needs {}", name,
                    base::to_string(found->second.shape()), base::to_string(shape)));
  }
  return found->second.as_float32();
}

// Of nodes cut ... output, for one picture, without the batch.
std::vector<base::Shape> shapes_after(const graph::Graph& graph, graph::NodeId cut,
                                      graph::Pair size) {
  std::vector<base::Shape> shapes =
      graph::infer_shapes(graph, 1, size == graph::Pair() ? graph.input_size : size);
  shapes.erase(shapes.begin(), shapes.begin() + static_cast<std::ptrdiff_t>(cut));
  for (base::Shape& shape : shapes) shape.erase(shape.begin());
  return shapes;
}

}  // namespace

Suffix::Suffix(const graph::Graph& graph, graph::NodeId cut, const base::StateDict& parameters,
               const std::set<std::string>& trainable, const SuffixOptions& options)
    : cut_(cut),
      output_(graph.output()),
      first_learning_(graph.output() + 1),
      workers_(options.workers > 0 ? options.workers : base::usable_processors()) {
  require_learnable(graph, cut, trainable);
  train_shapes_ = shapes_after(graph, cut, options.train_size);
  eval_shapes_ = shapes_after(graph, cut, options.eval_size);
  classes_ = base::element_count(train_shapes_.back());

  const std::vector<graph::NamedParameter> named = graph::named_parameters(graph);
  for (graph::NodeId node = cut + 1; node <= output_; ++node) {
    std::vector<SuffixParameter*> own;
    for (const graph::NamedParameter& parameter : named) {
      if (parameter.node != node) continue;
      auto entry = std::make_unique<SuffixParameter>();
      entry->name = parameter.name;
      entry->initial = take(parameters, parameter.name, parameter.shape);
      if (trainable.contains(parameter.name)) {
        const std::span<const float> values = entry->initial.floats();
        entry->value.assign(values.begin(), values.end());
        entry->gradient.resize(values.size());
        names_.push_back(entry->name);
        values_.emplace_back(entry->value);
        gradients_.emplace_back(entry->gradient);
        first_learning_ = std::min(first_learning_, node);
      }
      own.push_back(entry.get());
      parameters_.push_back(std::move(entry));
    }
    layers_.push_back(make_suffix_layer(graph, node, std::move(own)));
  }
  activations_.resize(layers_.size());
}

// The shapes of a run that begins with this many numbers a picture.
const std::vector<base::Shape>& Suffix::shapes_for(graph::NodeId start, std::size_t per_picture,
                                                   graph::Mode mode) const {
  const bool train_first = mode == graph::Mode::kTrain;
  const std::vector<base::Shape>& expected = train_first ? train_shapes_ : eval_shapes_;
  const std::vector<base::Shape>& other = train_first ? eval_shapes_ : train_shapes_;
  if (size_of(expected[start - cut_]) == per_picture) return expected;
  if (size_of(other[start - cut_]) == per_picture) return other;
  throw Error(fmt::format(
      "features of {} numbers a picture do not fit the trained layers, which take {}; they were "
      "computed from pictures of another size",
      per_picture, base::to_string(expected[start - cut_])));
}

// One pass for each layer after `start`.
std::vector<Pass> Suffix::passes_for(graph::NodeId start, std::size_t per_picture,
                                     const Run& run) const {
  assert(start >= cut_ && start <= output_);
  const std::vector<base::Shape>& shapes = shapes_for(start, per_picture, run.pictures);
  std::vector<Pass> passes;
  for (graph::NodeId node = start + 1; node <= output_; ++node) {
    Pass pass{.mode = run.mode, .key = run.key, .workers = workers_};
    pass.in = shapes[node - 1 - cut_];
    pass.out = shapes[node - cut_];
    passes.push_back(std::move(pass));
  }
  return passes;
}

std::int64_t Suffix::chunk_for(const std::vector<Pass>& passes) const {
  std::size_t largest = 1;
  for (const Pass& pass : passes)
    largest = std::max({largest, size_of(pass.in), size_of(pass.out)});
  return static_cast<std::int64_t>(
      std::max<std::size_t>(1, kActivationBytes / sizeof(float) / largest));
}

void Suffix::forward(const std::vector<Pass>& passes, graph::NodeId start,
                     std::span<const float> features,
                     std::vector<std::vector<float>>& activations) const {
  std::span<const float> x = features;
  for (std::size_t i = 0; i < passes.size(); ++i) {
    std::vector<float>& y = activations[start - cut_ + i];
    y.resize(static_cast<std::size_t>(passes[i].count) * size_of(passes[i].out));
    layers_[start - cut_ + i]->forward(passes[i], x, y);
    x = y;
  }
}

// From the gradient of the logits in gradient_ down to the first layer that learns.
void Suffix::backward(const std::vector<Pass>& passes, graph::NodeId start,
                      std::span<const float> features) {
  for (graph::NodeId node = output_; node >= first_learning_; --node) {
    const Pass& pass = passes[node - 1 - start];
    const std::span<const float> x =
        node - 1 == start ? features : std::span<const float>(activations_[node - 2 - cut_]);
    next_gradient_.resize(
        node == first_learning_ ? 0 : static_cast<std::size_t>(pass.count) * size_of(pass.in));
    layers_[node - 1 - cut_]->backward(pass, x, activations_[node - 1 - cut_], gradient_,
                                       next_gradient_);
    std::swap(gradient_, next_gradient_);
  }
}

StepResult Suffix::differentiate(const Run& run, graph::NodeId start,
                                 std::span<const float> features, std::span<const int> labels) {
  assert(start < first_learning_);
  for (const auto& parameter : parameters_) {
    std::fill(parameter->gradient.begin(), parameter->gradient.end(), 0.0F);
  }
  StepResult total;
  if (labels.empty()) return total;
  const std::size_t per_picture = features.size() / labels.size();
  assert(features.size() == per_picture * labels.size());
  std::vector<Pass> passes = passes_for(start, per_picture, run);
  const auto chunk = static_cast<std::size_t>(chunk_for(passes));
  for (std::size_t first = 0; first < labels.size(); first += chunk) {
    const std::size_t count = std::min(chunk, labels.size() - first);
    for (Pass& pass : passes) {
      pass.count = static_cast<std::int64_t>(count);
      pass.first = static_cast<std::int64_t>(first);
    }
    const std::span<const float> part = features.subspan(first * per_picture, count * per_picture);
    forward(passes, start, part, activations_);
    const std::vector<float>& logits = activations_.back();
    gradient_.resize(logits.size());
    const StepResult step = cross_entropy(logits, labels.subspan(first, count), gradient_);
    const double share = static_cast<double>(count) / static_cast<double>(labels.size());
    total.loss += share * step.loss;
    total.correct += step.correct;
    if (count < labels.size()) {
      for (float& value : gradient_) value *= static_cast<float>(share);
    }
    backward(passes, start, part);
  }
  return total;
}

StepResult Suffix::train_step(std::span<const float> features, std::span<const int> labels,
                              std::uint64_t key) {
  return differentiate({graph::Mode::kTrain, graph::Mode::kTrain, key}, cut_, features, labels);
}

StepResult Suffix::differentiate(graph::NodeId start, std::span<const float> features,
                                 std::span<const int> labels) {
  return differentiate({graph::Mode::kEval, graph::Mode::kTrain, 0}, start, features, labels);
}

void Suffix::evaluate(graph::NodeId start, std::span<const float> features,
                      std::span<float> logits) const {
  const auto classes = static_cast<std::size_t>(classes_);
  const std::size_t total = logits.size() / classes;
  assert(logits.size() == total * classes);
  if (total == 0) return;
  const std::size_t per_picture = features.size() / total;
  assert(features.size() == per_picture * total);
  std::vector<Pass> passes =
      passes_for(start, per_picture, {graph::Mode::kEval, graph::Mode::kEval, 0});
  if (passes.empty()) {
    std::copy(features.begin(), features.end(), logits.begin());
    return;
  }
  // So few at a time that a picture's sums are the same in any company.
  constexpr auto kTogether = static_cast<std::size_t>(kThinPictures);
  for (Pass& pass : passes) pass.workers = 1;
  struct Own {
    std::vector<Pass> passes;
    std::vector<std::vector<float>> activations;
  };
  std::vector<Own> own(static_cast<std::size_t>(std::max(workers_, 1)), Own{passes, {}});
  base::parallel_for((total + kTogether - 1) / kTogether, workers_, [&](std::size_t i, int worker) {
    auto& [mine, activations] = own[static_cast<std::size_t>(worker)];
    activations.resize(layers_.size());
    const std::size_t first = i * kTogether;
    const std::size_t count = std::min(kTogether, total - first);
    for (Pass& pass : mine) pass.count = static_cast<std::int64_t>(count);
    forward(mine, start, features.subspan(first * per_picture, count * per_picture), activations);
    std::copy(activations.back().begin(), activations.back().end(),
              logits.begin() + static_cast<std::ptrdiff_t>(first * classes));
  });
}

base::StateDict Suffix::trained() const {
  base::StateDict result;
  for (const auto& parameter : parameters_) {
    if (!parameter->learns()) continue;
    result[parameter->name] = base::Tensor::from(parameter->value, parameter->initial.shape());
  }
  return result;
}

}  // namespace engraft::learn
