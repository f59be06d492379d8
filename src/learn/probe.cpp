#include "learn/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/parallel.h"
#include "base/random.h"
#include "engraft/error.h"
#include "graph/builder.h"
#include "learn/fit.h"
#include "learn/metrics.h"

namespace engraft::learn {
namespace {

constexpr std::uint64_t kFoldStream = 0x666f6c6473ULL;
constexpr int kMaxIterations = 100;

// Each picture's fold: every class is dealt out in turn.
std::vector<int> deal(std::span<const int> labels, int classes, int folds, std::uint64_t seed) {
  std::vector<int> fold_of(labels.size());
  int next = 0;
  for (int label = 0; label < classes; ++label) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == label) members.push_back(i);
    }
    if (members.size() < 2) {
      throw Error(fmt::format("cross-validation needs two pictures of every class; class {} has {}",
                              label, members.size()));
    }
    base::Random random({seed, kFoldStream, static_cast<std::uint64_t>(label)});
    for (const std::size_t place : random.permutation(members.size())) {
      fold_of[members[place]] = next++ % folds;
    }
  }
  return fold_of;
}

struct Side {
  std::vector<float> features;
  std::vector<int> labels;
};

Side take(std::span<const float> features, std::span<const int> labels,
          std::span<const std::size_t> pictures) {
  const std::size_t size = features.size() / labels.size();
  Side side;
  side.features.reserve(pictures.size() * size);
  for (const std::size_t i : pictures) {
    const auto begin = features.begin() + static_cast<std::ptrdiff_t>(i * size);
    side.features.insert(side.features.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    side.labels.push_back(labels[i]);
  }
  return side;
}

// (x - mean) · scale, for each feature.
struct Scaling {
  std::vector<float> mean;
  std::vector<float> scale;

  void apply(std::vector<float>& features) const {
    for (std::size_t i = 0; i < features.size(); ++i) {
      features[i] = (features[i] - mean[i % mean.size()]) * scale[i % mean.size()];
    }
  }
};

// To mean 0 and deviation 1; features that are always the same to 0.
Scaling standardising(std::span<const float> features, std::size_t size) {
  const double count = static_cast<double>(features.size()) / static_cast<double>(size);
  std::vector<double> sum(size);
  std::vector<double> square(size);
  for (std::size_t i = 0; i < features.size(); ++i) {
    const double value = features[i];
    sum[i % size] += value;
    square[i % size] += value * value;
  }
  Scaling scaling;
  for (std::size_t d = 0; d < size; ++d) {
    const double average = sum[d] / count;
    const double variance = std::max(0.0, square[d] / count - average * average);
    scaling.mean.push_back(static_cast<float>(average));
    scaling.scale.push_back(variance > 1e-12 ? static_cast<float>(1 / std::sqrt(variance)) : 0.0F);
  }
  return scaling;
}

// Features straight into a linear layer that begins at zero.
Suffix linear_classifier(std::int64_t features, std::int64_t classes, int workers) {
  graph::GraphBuilder net("Probe", 1);
  const graph::Value flat = net.apply(graph::Flatten{}, {net.input(features)});
  net.add("fc", flat, graph::Linear{.out_features = classes});
  const graph::Graph graph = std::move(net).finish("probe");
  const base::StateDict parameters{
      {"fc.weight", base::Tensor(base::DType::kFloat32, {classes, features})},
      {"fc.bias", base::Tensor(base::DType::kFloat32, {classes})}};
  return {graph, flat.node, parameters, {"fc.weight", "fc.bias"}, {.workers = workers}};
}

// What one penalty came to on some pictures.
struct Tally {
  double loss = 0;
  std::int64_t right = 0;
};

// Enough to compare penalties: what further iterations would change is far below what differs
// between folds.
FitOptions trial_options(double penalty) {
  FitOptions options{.l2 = penalty};
  options.lbfgs.max_iterations = kMaxIterations;
  options.lbfgs.gradient_tolerance = 1e-5;
  options.lbfgs.change_tolerance = 1e-6;
  return options;
}

// What each penalty comes to on `test`, by heads that saw `train`. Returns false where stopped.
bool try_penalties(Side train, Side test, int classes, int workers, const ProbeOptions& options,
                   std::span<Tally> tallies) {
  const std::size_t size = train.features.size() / train.labels.size();
  const Scaling scaling = standardising(train.features, size);
  scaling.apply(train.features);
  scaling.apply(test.features);
  Suffix classifier = linear_classifier(static_cast<std::int64_t>(size), classes, workers);
  const graph::NodeId cut = 1;
  std::vector<float> logits(test.labels.size() * static_cast<std::size_t>(classes));
  for (std::size_t p = 0; p < tallies.size(); ++p) {
    if (options.stop_requested && options.stop_requested()) return false;
    // From the last penalty's solution, which is near.
    fit(classifier, cut, train.features, train.labels, trial_options(options.penalties[p]));
    classifier.evaluate(cut, test.features, logits);
    const Metrics metrics = compute_metrics(logits, test.labels, classes);
    tallies[p].loss = metrics.loss * static_cast<double>(test.labels.size());
    tallies[p].right = metrics.confusion.right();
  }
  return true;
}

}  // namespace

std::vector<float> pooled(std::span<const float> features, const base::Shape& shape) {
  std::int64_t places = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) places *= shape[d];
  if (places == 1) return {features.begin(), features.end()};
  const auto window = static_cast<std::size_t>(places);
  std::vector<float> means(features.size() / window);
  for (std::size_t i = 0; i < means.size(); ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < window; ++k) sum += static_cast<double>(features[i * window + k]);
    means[i] = static_cast<float>(sum / static_cast<double>(places));
  }
  return means;
}

ProbeResult cross_validate(std::span<const float> features, std::span<const int> labels,
                           int classes, const ProbeOptions& options) {
  const std::vector<int> fold_of = deal(labels, classes, options.folds, options.seed);
  const auto folds = static_cast<std::size_t>(options.folds);
  const int workers = options.workers > 0 ? options.workers : base::usable_processors();
  // Folds are computed beside each other; where there are more cores, each on several.
  const int own_workers = std::max(1, workers / options.folds);
  std::vector<std::vector<Tally>> tallies(folds);
  std::atomic<bool> stopped{false};
  base::parallel_for(folds, std::min(workers, options.folds), [&](std::size_t fold, int) {
    std::vector<std::size_t> seen;
    std::vector<std::size_t> held_out;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      (fold_of[i] == static_cast<int>(fold) ? held_out : seen).push_back(i);
    }
    tallies[fold].resize(options.penalties.size());
    if (held_out.empty()) return;
    if (!try_penalties(take(features, labels, seen), take(features, labels, held_out), classes,
                       own_workers, options, tallies[fold])) {
      stopped = true;
    }
  });
  if (stopped) return {.complete = false};
  std::vector<Tally> sums(options.penalties.size());
  for (const std::vector<Tally>& own : tallies) {
    for (std::size_t p = 0; p < sums.size(); ++p) {
      sums[p].loss += own[p].loss;
      sums[p].right += own[p].right;
    }
  }
  const auto best = std::ranges::min_element(sums, {}, &Tally::loss);
  const auto pictures = std::ssize(labels);
  return {.pictures = pictures,
          .right = best->right,
          .loss = best->loss / static_cast<double>(pictures),
          .penalty = options.penalties[static_cast<std::size_t>(best - sums.begin())]};
}

LinearHead fit_linear_head(std::span<const float> features, std::span<const int> labels,
                           int classes, const ProbeOptions& options) {
  LinearHead head;
  head.probe = cross_validate(features, labels, classes, options);
  if (!head.probe.complete) return head;
  const std::size_t size = features.size() / labels.size();
  const Scaling scaling = standardising(features, size);
  std::vector<float> scaled(features.begin(), features.end());
  scaling.apply(scaled);
  Suffix classifier = linear_classifier(static_cast<std::int64_t>(size), classes, options.workers);
  FitOptions fit_options{.l2 = head.probe.penalty};
  fit_options.lbfgs.max_iterations = kMaxIterations;
  fit(classifier, 1, scaled, labels, fit_options);
  const base::StateDict trained = classifier.trained();
  const std::span<const float> weight = trained.at("fc.weight").floats();
  const std::span<const float> bias = trained.at("fc.bias").floats();
  head.weight.resize(weight.size());
  for (std::size_t c = 0; c < bias.size(); ++c) {
    double shift = bias[c];
    for (std::size_t d = 0; d < size; ++d) {
      const float own = weight[c * size + d] * scaling.scale[d];
      head.weight[c * size + d] = own;
      shift -= static_cast<double>(own) * scaling.mean[d];
    }
    head.bias.push_back(static_cast<float>(shift));
  }
  return head;
}

}  // namespace engraft::learn
