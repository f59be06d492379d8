#include "training/loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "base/memory.h"
#include "base/random.h"
#include "engraft/error.h"
#include "features/feature_cache.h"
#include "features/features.h"
#include "graph/select.h"
#include "learn/fit.h"
#include "learn/suffix.h"
#include "training/best_head.h"
#include "training/head_kind.h"
#include "training/stored_features.h"

namespace engraft::training {
namespace {

// Streams of random numbers that must not coincide, beside the views'.
constexpr std::uint64_t kShuffleStream = 0x73687566666c65ULL;
constexpr std::uint64_t kDropoutStream = 0x64726f706f7574ULL;

// Fresh views are computed this many iterations ahead, so that every worker has whole chunks to do.
constexpr std::size_t kViewsAhead = 64;

// Rows of stored features that are read at once.
constexpr std::size_t kRowsRead = 256;

// Adds the time from its construction to its destruction.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { seconds_ += elapsed(); }
  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

std::size_t size_of(const base::Shape& shape) {
  return static_cast<std::size_t>(base::element_count(shape));
}

// A training under way: what its steps share.
class Training {
 public:
  Training(const data::Dataset& data, const model::Model& start, const TrainOptions& options,
           const TrainEvents& events)
      : data_(data),
        start_(start),
        options_(options),
        events_(events),
        trainable_(graph::select_parameters(start.graph, options.train)),
        eval_cut_(graph::find_cut(start.graph, trainable_, graph::Mode::kEval)),
        // L-BFGS needs a function that does not change between calls: dropout stays off.
        train_cut_(learns_at_once()
                       ? eval_cut_
                       : graph::find_cut(start.graph, trainable_, graph::Mode::kTrain)),
        suffix_(start.graph, train_cut_, start.parameters, trainable_,
                {.train_size = features::fixed_output_size(options.train_transforms),
                 .eval_size = features::fixed_output_size(start.val_transforms),
                 .workers = options.workers}),
        train_samples_(data::samples_of(data, data::Split::kTrain)),
        val_samples_(data::samples_of(data, data::Split::kVal)) {
    for (const std::size_t i : val_samples_) val_labels_.push_back(data.samples[i].label);
    if (!learns_at_once())
      optimizer_.emplace(options.optimizer, suffix_.parameters(), options.workers);
  }

  TrainResult run();

 private:
  TrainPlan plan() const;
  features::FeatureSource source(const transforms::Pipeline& pipeline, const char* stage,
                                 cache::RecordStore* cache) const;
  bool stop_requested() const { return events_.stop_requested && events_.stop_requested(); }
  bool learns_at_once() const { return is_fit(options_.method); }

  std::string description(graph::NodeId cut, const transforms::Pipeline& pipeline);
  void compile();
  bool compute_val_features();
  bool cache_train_features();
  bool provide_features(std::span<const std::size_t> order, std::size_t begin, int epoch);
  void step(std::span<const std::size_t> batch, std::span<const std::size_t> slots);
  void validate();
  bool run_epoch(int epoch);
  void run_lbfgs();
  void run_best_head();
  bool store_train_features(std::span<const features::View> views);
  bool diverged(double loss);
  std::vector<int> cached_labels() const;
  void note_training(std::span<const int> labels);
  model::Model snapshot() const;

  const data::Dataset& data_;
  const model::Model& start_;
  const TrainOptions& options_;
  const TrainEvents& events_;
  std::set<std::string> trainable_;
  graph::NodeId eval_cut_;
  graph::NodeId train_cut_;
  learn::Suffix suffix_;
  std::optional<learn::Optimizer> optimizer_;  // none for L-BFGS
  std::vector<std::size_t> train_samples_;
  std::vector<std::size_t> val_samples_;
  std::vector<int> val_labels_;

  std::optional<infer::Executor> train_executor_;  // for the training pictures' size
  std::optional<infer::Executor> val_executor_;    // only where validation's differs
  std::unique_ptr<cache::RecordStore>
      train_cache_;  // on the disk; none where nothing is to be kept
  std::unique_ptr<cache::RecordStore> val_cache_;
  std::map<graph::NodeId, std::string> prefix_hashes_;  // by cut
  std::vector<float> val_features_;
  std::vector<float> train_features_;  // cached: [sample × views]; fresh: the views ahead
  std::size_t cached_views_ = 0;       // of each picture; 0: fresh
  std::optional<StoredFeatures> stored_features_;  // in place of them, where they are too large

  // Since the last validation.
  double loss_sum_ = 0;
  std::int64_t correct_ = 0;
  std::int64_t seen_ = 0;

  TrainResult result_;
  Stopwatch total_{result_.seconds.total};
};

TrainPlan Training::plan() const {
  TrainPlan plan;
  plan.trainable = trainable_;
  for (const graph::NamedParameter& parameter : graph::named_parameters(start_.graph)) {
    if (parameter.kind != graph::ParameterKind::kParameter) continue;
    const std::int64_t count = base::element_count(parameter.shape);
    plan.parameter_count += count;
    if (trainable_.contains(parameter.name)) plan.trainable_count += count;
  }
  plan.train_cut = start_.graph.nodes[train_cut_].name;
  plan.eval_cut = start_.graph.nodes[eval_cut_].name;
  plan.train_features = graph::infer_shapes(
      start_.graph, 1, features::fixed_output_size(options_.train_transforms))[train_cut_];
  plan.val_features = graph::infer_shapes(
      start_.graph, 1, features::fixed_output_size(start_.val_transforms))[eval_cut_];
  const std::int64_t batch = learns_at_once() ? std::ssize(train_samples_) : options_.batch;
  plan.iterations_per_epoch = (std::ssize(train_samples_) + batch - 1) / batch;
  plan.iterations = plan.iterations_per_epoch * options_.epochs;
  return plan;
}

features::FeatureSource Training::source(const transforms::Pipeline& pipeline, const char* stage,
                                         cache::RecordStore* cache) const {
  features::FeatureSource source;
  source.pipeline = pipeline;
  source.normalization = start_.normalization;
  source.workers = options_.workers;
  source.load = options_.load;
  source.cache = cache;
  source.stop_requested = events_.stop_requested;
  if (stage != nullptr && events_.progress) {
    source.progress = [this, stage](std::size_t done, std::size_t total) {
      events_.progress(stage, done, total);
    };
  }
  return source;
}

// Of features, under which they are kept. The parameters of one prefix are hashed once.
std::string Training::description(graph::NodeId cut, const transforms::Pipeline& pipeline) {
  std::string& hash = prefix_hashes_[cut];
  if (hash.empty()) hash = features::hash_of_prefix(start_, cut, options_.workers);
  return features::describe_features(start_, cut, hash, pipeline, options_.plan,
                                     options_.load.exact);
}

void Training::compile() {
  const Stopwatch watch(result_.seconds.compile);
  const graph::Pair train_size = features::fixed_output_size(options_.train_transforms);
  const graph::Pair val_size = features::fixed_output_size(start_.val_transforms);
  const bool same_size = train_size == val_size;
  graph::require_logits(start_.graph, train_size);
  graph::require_logits(start_.graph, val_size);
  std::vector<graph::NodeId> outputs{train_cut_};
  if (same_size && eval_cut_ != train_cut_) outputs.push_back(eval_cut_);
  infer::ExecutorOptions compute{.plan = options_.plan, .input_size = train_size};
  train_executor_.emplace(start_.graph, start_.parameters, outputs, compute);
  if (!same_size) {
    compute.input_size = val_size;
    val_executor_.emplace(start_.graph, start_.parameters, std::vector<graph::NodeId>{eval_cut_},
                          compute);
  }
  if (options_.cache.empty()) return;
  const auto open = [&](std::unique_ptr<cache::RecordStore>& store, graph::NodeId cut,
                        const transforms::Pipeline& pipeline, const base::Shape& shape) {
    store = std::make_unique<cache::RecordStore>(options_.cache, description(cut, pipeline),
                                                 size_of(shape) * sizeof(float));
  };
  open(val_cache_, eval_cut_, start_.val_transforms, result_.plan.val_features);
  open(train_cache_, train_cut_, options_.train_transforms, result_.plan.train_features);
}

bool Training::compute_val_features() {
  const Stopwatch watch(result_.seconds.val_features);
  const infer::Executor& executor = val_executor_ ? *val_executor_ : *train_executor_;
  std::vector<features::View> views;
  for (const std::size_t sample : val_samples_) views.push_back({sample, 0});
  val_features_.resize(views.size() * size_of(result_.plan.val_features));
  return features::compute_features(
      source(start_.val_transforms, "validation features", val_cache_.get()), data_, views,
      options_.seed, executor, eval_cut_, val_features_);
}

// Keeps the features of every view where the same ones come again and fit into memory.
bool Training::cache_train_features() {
  const bool deterministic = !transforms::is_random(options_.train_transforms);
  const auto views = static_cast<std::size_t>(
      deterministic || learns_at_once() ? std::max(1, options_.views) : options_.views);
  if (views == 0) return true;
  const std::size_t count = train_samples_.size() * views * size_of(result_.plan.train_features);
  const std::uint64_t most = options_.memory > 0 ? options_.memory : base::available_bytes() / 2;
  const bool fits = count * sizeof(float) <= most;
  if (!fits && options_.method != Method::kBestHead) {
    if (!deterministic || learns_at_once()) {
      throw Error(
          fmt::format("{} GB of features do not fit into memory; use --views fresh and "
                      "adam, adamw or sgd, or --lr auto",
                      count * sizeof(float) >> 30U));
    }
    if (events_.note) events_.note("the features do not fit into memory: computed anew each epoch");
    return true;
  }
  const Stopwatch watch(result_.seconds.train_features);
  std::vector<features::View> wanted;
  for (std::size_t view = 0; view < views; ++view) {
    for (const std::size_t sample : train_samples_) wanted.push_back({sample, view});
  }
  cached_views_ = views;
  if (!fits) return store_train_features(wanted);
  train_features_.resize(count);
  return features::compute_features(
      source(options_.train_transforms, "training features", train_cache_.get()), data_, wanted,
      options_.seed, *train_executor_, train_cut_, train_features_);
}

// What does not fit into memory is read from the disk, block by block, as often as it is needed.
bool Training::store_train_features(std::span<const features::View> views) {
  if (events_.note) {
    events_.note(
        fmt::format("{:.1f} GB of features do not fit into memory: read from the disk",
                    static_cast<double>(views.size() * size_of(result_.plan.train_features)) *
                        sizeof(float) / 1e9));
  }
  stored_features_.emplace(
      source(options_.train_transforms, "training features", nullptr), data_, views, options_.seed,
      StoredFeatures::Place{.cache = options_.cache,
                            .description = description(train_cut_, options_.train_transforms),
                            .size = size_of(result_.plan.train_features)});
  train_cache_.reset();  // the stored features open it anew
  return stored_features_->compute(*train_executor_, train_cut_);
}

// Fresh views of the pictures at order[begin ...] into train_features_.
bool Training::provide_features(std::span<const std::size_t> order, std::size_t begin, int epoch) {
  const Stopwatch watch(result_.seconds.train_features);
  const auto batch = static_cast<std::size_t>(options_.batch);
  const std::size_t ahead = std::max(batch, kViewsAhead / batch * batch);
  std::vector<features::View> views;
  for (std::size_t i = begin; i < std::min(order.size(), begin + ahead); ++i) {
    views.push_back({train_samples_[order[i]], static_cast<std::uint64_t>(epoch)});
  }
  train_features_.resize(views.size() * size_of(result_.plan.train_features));
  return features::compute_features(source(options_.train_transforms, nullptr, train_cache_.get()),
                                    data_, views, options_.seed, *train_executor_, train_cut_,
                                    train_features_);
}

// One iteration on the pictures `batch` (indices into train_samples_), whose features lie at
// `slots`.
void Training::step(std::span<const std::size_t> batch, std::span<const std::size_t> slots) {
  const Stopwatch watch(result_.seconds.head);
  const std::size_t size = size_of(result_.plan.train_features);
  std::vector<float> features(batch.size() * size);
  std::vector<int> labels;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto from = train_features_.begin() + static_cast<std::ptrdiff_t>(slots[i] * size);
    std::copy_n(from, size, features.begin() + static_cast<std::ptrdiff_t>(i * size));
    labels.push_back(data_.samples[train_samples_[batch[i]]].label);
  }
  const learn::StepResult step =
      suffix_.train_step(features, labels,
                         base::mix_bits({options_.seed, kDropoutStream,
                                         static_cast<std::uint64_t>(result_.iterations)}));
  ++result_.iterations;
  if (diverged(step.loss)) return;
  optimizer_->step(suffix_.gradients());
  loss_sum_ += step.loss * static_cast<double>(batch.size());
  correct_ += step.correct;
  seen_ += std::ssize(batch);
}

// Whether training is over because a loss is no number any more. What was best before is kept as
// the last, too; where nothing was, there is nothing to keep.
bool Training::diverged(double loss) {
  if (std::isfinite(loss)) return false;
  result_.failure = fmt::format(
      "the loss at iteration {} is not a finite number: training diverged{}", result_.iterations,
      options_.method == Method::kSteps
          ? fmt::format("; a lower rate helps (--lr {:g} instead of {:g})",
                        options_.optimizer.learning_rate / 10, options_.optimizer.learning_rate)
          : "");
  if (result_.history.empty()) throw Error(result_.failure);
  result_.stop = StopReason::kDiverged;
  return true;
}

void Training::validate() {
  const Stopwatch watch(result_.seconds.validation);
  const auto classes = start_.classes.size();
  std::vector<float> logits(val_samples_.size() * classes);
  suffix_.evaluate(eval_cut_, val_features_, logits);
  learn::Metrics metrics = learn::compute_metrics(logits, val_labels_, static_cast<int>(classes));
  if (diverged(metrics.loss)) return;
  result_.last_metrics = std::move(metrics);

  EvalPoint point;
  point.iteration = result_.iterations;
  point.epoch = static_cast<double>(result_.iterations) /
                static_cast<double>(result_.plan.iterations_per_epoch);
  const double seen = static_cast<double>(std::max<std::int64_t>(seen_, 1));
  point.train_loss = loss_sum_ / seen;
  point.train_accuracy_percent = 100 * static_cast<double>(correct_) / seen;
  point.val_loss = result_.last_metrics.loss;
  point.val_accuracy_percent = result_.last_metrics.accuracy_percent;
  point.seconds = total_.elapsed();
  loss_sum_ = 0;
  correct_ = seen_ = 0;

  const learn::Metrics& best = result_.best_metrics;
  const bool better =
      result_.history.empty() || point.val_accuracy_percent > best.accuracy_percent ||
      (point.val_accuracy_percent == best.accuracy_percent && point.val_loss < best.loss);
  result_.history.push_back(point);
  if (better) {
    result_.best_metrics = result_.last_metrics;
    result_.best_iteration = result_.iterations;
    result_.best_logits = std::move(logits);
    result_.best = snapshot();
  }
  if (events_.validated) events_.validated(point);
}

// Returns false where training is over, with the reason in result_.stop.
bool Training::run_epoch(int epoch) {
  const std::vector<std::size_t> order =
      base::Random({options_.seed, kShuffleStream, static_cast<std::uint64_t>(epoch)})
          .permutation(train_samples_.size());
  const auto batch_size = static_cast<std::size_t>(options_.batch);
  const std::int64_t eval_every =
      options_.eval_every > 0 ? options_.eval_every : result_.plan.iterations_per_epoch;
  std::size_t ready_from = 0;  // fresh: which part of `order` train_features_ holds
  std::size_t ready_to = 0;
  std::vector<std::size_t> slots;
  for (std::size_t begin = 0; begin < order.size(); begin += batch_size) {
    const std::size_t end = std::min(order.size(), begin + batch_size);
    if (cached_views_ == 0 && end > ready_to) {
      if (!provide_features(order, begin, epoch) || stop_requested()) {
        result_.stop = StopReason::kInterrupted;
        return false;
      }
      ready_from = begin;
      ready_to = begin + train_features_.size() / size_of(result_.plan.train_features);
    }
    const std::span<const std::size_t> batch = std::span(order).subspan(begin, end - begin);
    slots.clear();
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t view =
          cached_views_ == 0 ? 0 : static_cast<std::size_t>(epoch) % cached_views_;
      slots.push_back(cached_views_ == 0 ? i - ready_from
                                         : view * train_samples_.size() + order[i]);
    }
    step(batch, slots);
    if (result_.stop == StopReason::kDiverged) return false;
    if (result_.iterations % eval_every == 0) {
      validate();
      if (result_.stop == StopReason::kDiverged) return false;
      if (result_.last_metrics.accuracy_percent >= options_.stop_at_percent) {
        result_.stop = StopReason::kAccuracyReached;
        return false;
      }
    }
    if (stop_requested()) {
      result_.stop = StopReason::kInterrupted;
      return false;
    }
    if (events_.progress) {
      events_.progress("training", static_cast<std::size_t>(result_.iterations),
                       static_cast<std::size_t>(result_.plan.iterations));
    }
  }
  return true;
}

// How the head does on the training features as it stands now, some rows at a time: with many
// classes, the logits of all would need more memory than the features.
void Training::note_training(std::span<const int> labels) {
  const std::size_t classes = start_.classes.size();
  const std::size_t size = size_of(result_.plan.train_features);
  std::vector<float> logits;
  std::vector<float> buffer;
  loss_sum_ = 0;
  correct_ = 0;
  for (std::size_t first = 0; first < labels.size(); first += kRowsRead) {
    const std::size_t count = std::min(kRowsRead, labels.size() - first);
    std::span<const float> rows;
    if (stored_features_) {
      buffer.resize(count * size);
      stored_features_->read(first, buffer);
      rows = buffer;
    } else {
      rows = std::span(train_features_).subspan(first * size, count * size);
    }
    logits.resize(count * classes);
    suffix_.evaluate(train_cut_, rows, logits);
    const learn::StepResult part = learn::cross_entropy(logits, labels.subspan(first, count), {});
    loss_sum_ += part.loss * static_cast<double>(count);
    correct_ += part.correct;
  }
  seen_ = std::ssize(labels);
}

// Of train_features_, where it holds all views.
std::vector<int> Training::cached_labels() const {
  std::vector<int> labels;
  for (std::size_t view = 0; view < cached_views_; ++view) {
    for (const std::size_t sample : train_samples_) labels.push_back(data_.samples[sample].label);
  }
  return labels;
}

void Training::run_best_head() {
  const std::vector<int> labels = cached_labels();
  const std::vector<std::size_t> pictures = pictures_of_rows(data_, train_samples_, cached_views_);
  const std::span<float> weight = suffix_.parameters()[0];
  const std::span<float> bias = suffix_.parameters()[1];
  learn::HeadOptions how{.seed = options_.seed, .workers = options_.workers};
  how.events = {.progress = events_.progress, .stop = events_.stop_requested};
  learn::FoundHead found;
  {
    const Stopwatch watch(result_.seconds.head);
    found = find_best_head(required_head(start_.graph, trainable_),
                           {.shape = result_.plan.train_features,
                            .features = train_features_,
                            .stored = stored_features_ ? &*stored_features_ : nullptr,
                            .labels = labels,
                            .pictures = pictures,
                            .classes = static_cast<int>(start_.classes.size())},
                           {weight, bias}, how);
  }
  result_.stop = found.validation.complete ? StopReason::kConverged : StopReason::kInterrupted;
  if (!found.validation.complete) return;
  result_.chosen_penalty = found.validation.penalty;
  std::ranges::copy(found.weight, weight.begin());
  std::ranges::copy(found.bias, bias.begin());
  result_.iterations = 1;
  note_training(labels);
  if (events_.note) events_.note(describe(found.validation));
}

// The whole training set as one batch, until nothing improves.
void Training::run_lbfgs() {
  const std::vector<int> labels = cached_labels();
  learn::FitOptions fit_options{.l2 = options_.optimizer.weight_decay};
  fit_options.lbfgs.max_iterations = options_.epochs;
  fit_options.lbfgs.stop = events_.stop_requested;
  const std::int64_t eval_every = std::max<std::int64_t>(options_.eval_every, 1);
  double elapsed = 0;
  const Stopwatch stopwatch(elapsed);
  const auto watch = [&](const learn::LbfgsProgress& progress) {
    result_.iterations = progress.iteration;
    result_.seconds.head = stopwatch.elapsed() - result_.seconds.validation;
    if (progress.iteration % eval_every == 0) {
      note_training(labels);
      validate();
    }
    if (stop_requested()) result_.stop = StopReason::kInterrupted;
    if (result_.last_metrics.accuracy_percent >= options_.stop_at_percent) {
      result_.stop = StopReason::kAccuracyReached;
    }
    return result_.stop == StopReason::kEpochs;
  };
  const learn::LbfgsResult outcome =
      learn::fit(suffix_, train_cut_, train_features_, labels, fit_options, watch);
  if (outcome.stop == learn::LbfgsStop::kCallback && stop_requested()) {
    result_.stop = StopReason::kInterrupted;
  }
  note_training(labels);
  if (outcome.stop == learn::LbfgsStop::kGradient || outcome.stop == learn::LbfgsStop::kChange) {
    result_.stop = StopReason::kConverged;
  }
}

model::Model Training::snapshot() const {
  model::Model model = start_;
  for (const auto& [name, tensor] : suffix_.trained()) model.parameters[name] = tensor;
  return model;
}

TrainResult Training::run() {
  result_.plan = plan();
  result_.val_samples = val_samples_;
  if (options_.method == Method::kBestHead) required_head(start_.graph, trainable_);
  if (events_.note && options_.stop_at_percent > 0 && options_.stop_at_percent < 1) {
    events_.note(fmt::format("--stop-at {0:g} means {0:g} %; for {1:g} % give {1:g}",
                             options_.stop_at_percent, 100 * options_.stop_at_percent));
  }
  if (events_.planned) events_.planned(result_.plan);
  compile();
  bool going = compute_val_features() && cache_train_features();
  if (!going) {
    result_.stop = StopReason::kInterrupted;
  } else if (options_.method == Method::kBestHead) {
    run_best_head();
  } else if (options_.method == Method::kFit) {
    run_lbfgs();
  } else {
    for (int epoch = 0; going && epoch < options_.epochs; ++epoch) going = run_epoch(epoch);
  }
  // The last iterations count too, wherever the loop was left.
  const bool validated =
      !result_.history.empty() && result_.history.back().iteration == result_.iterations;
  if (!validated && result_.iterations > 0 && result_.stop != StopReason::kDiverged) validate();
  if (result_.stop == StopReason::kDiverged) {
    result_.last = result_.best;
    result_.last_metrics = result_.best_metrics;
  } else {
    result_.last = snapshot();
  }
  result_.seconds.total = total_.elapsed();
  return std::move(result_);
}

}  // namespace

void require_trainable(const model::Model& start, const TrainOptions& options) {
  const std::set<std::string> trainable = graph::select_parameters(start.graph, options.train);
  if (options.method == Method::kBestHead) required_head(start.graph, trainable);
  const graph::NodeId cut = graph::find_cut(
      start.graph, trainable, is_fit(options.method) ? graph::Mode::kEval : graph::Mode::kTrain);
  const learn::Suffix suffix(start.graph, cut, start.parameters, trainable,
                             {.train_size = features::fixed_output_size(options.train_transforms),
                              .eval_size = features::fixed_output_size(start.val_transforms),
                              .workers = options.workers});
}

TrainResult train(const data::Dataset& data, const model::Model& start, const TrainOptions& options,
                  const TrainEvents& events) {
  return Training(data, start, options, events).run();
}

}  // namespace engraft::training
