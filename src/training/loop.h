// The lab's training loop: batches in shuffled order, a validation of every held-out picture every
// so many iterations, a stop at the accuracy asked for. What stands before the cut runs once per
// view, what the validation sees of it once in all.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/dataset.h"
#include "features/features.h"
#include "infer/executor.h"
#include "learn/metrics.h"
#include "learn/optimizer.h"
#include "model/model.h"
#include "training/method.h"

namespace engraft::training {

struct TrainOptions {
  std::vector<std::string> train{"head"};  // select_parameters()'s patterns
  transforms::Pipeline train_transforms;
  Method method = Method::kSteps;
  int epochs = 10;
  int batch = 32;
  learn::OptimizerOptions optimizer;  // of steps; its weight decay is a fit's penalty
  std::int64_t eval_every = 0;        // iterations between validations; 0: once an epoch
  double stop_at_percent = 1000;      // stop when validation accuracy reaches this
  int views = 0;            // views of a picture that are kept and reused; 0: fresh every epoch
  infer::ComputePlan plan;  // of the frozen part
  int workers = 1;
  std::uint64_t seed = 0;
  transforms::LoadOptions load;  // FeatureSource's
  base::Path cache = {};         // where features are kept between runs; empty: nowhere
  std::uint64_t memory = 0;      // bytes that training features may take; 0: half of what is free
};

// One validation, and the training since the one before.
struct EvalPoint {
  std::int64_t iteration = 0;
  double epoch = 0;  // fraction of epochs done
  double train_loss = 0;
  double train_accuracy_percent = 0;
  double val_loss = 0;
  double val_accuracy_percent = 0;
  double seconds = 0;  // since training began
};

// What will be trained and how, known before the first picture is read.
struct TrainPlan {
  std::set<std::string> trainable;
  std::int64_t trainable_count = 0;  // numbers that learn
  std::int64_t parameter_count = 0;  // numbers in all
  std::string train_cut;             // node names
  std::string eval_cut;
  base::Shape train_features;  // shape at the cut, for one picture
  base::Shape val_features;
  std::int64_t iterations_per_epoch = 0;
  std::int64_t iterations = 0;  // at most
};

struct StageSeconds {
  double compile = 0;       // weights reordered, kernels made
  double val_features = 0;  // decoding, transforms and prefix
  double train_features = 0;
  double head = 0;        // iterations
  double validation = 0;  // of cached features
  double total = 0;
};

enum class StopReason {
  kEpochs,
  kAccuracyReached,
  kInterrupted,
  kConverged,
  kDiverged,  // the loss was no number any more; best and last are the best model before
};

struct TrainResult {
  TrainPlan plan;
  std::vector<EvalPoint> history;
  std::int64_t iterations = 0;
  std::int64_t best_iteration = 0;
  model::Model best;
  model::Model last;
  learn::Metrics best_metrics;  // on the validation side
  learn::Metrics last_metrics;
  std::vector<float> best_logits;        // val samples × classes
  std::vector<std::size_t> val_samples;  // indices into Dataset::samples
  StopReason stop = StopReason::kEpochs;
  std::string failure;        // of kDiverged: at which iteration, and what to do
  double chosen_penalty = 0;  // of the best head
  StageSeconds seconds;
};

// What a caller can watch; any may be empty.
struct TrainEvents {
  std::function<void(const TrainPlan&)> planned;
  std::function<void(const std::string& stage, std::size_t done, std::size_t total)> progress;
  std::function<void(const EvalPoint&)> validated;
  std::function<void(const std::string&)> note;
  std::function<bool()> stop_requested;
};

// Throws Error where these options cannot train the network, whatever the data: names of parameters
// that there are not, layers that cannot learn, pictures of no fixed size.
void require_trainable(const model::Model& start, const TrainOptions& options);

// Trains `start` (a network with a head for the data set's classes) on the training side of `data`.
// Throws Error for options that do not fit the network or the data, and where the loss diverges
// before anything was validated.
TrainResult train(const data::Dataset& data, const model::Model& start, const TrainOptions& options,
                  const TrainEvents& events = {});

}  // namespace engraft::training
