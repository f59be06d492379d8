// What a job's settings mean on this machine: how to compute, with how many threads, where to keep
// what was computed.
#pragma once

#include <span>

#include "base/events.h"
#include "data/dataset.h"
#include "features/features.h"
#include "infer/executor.h"
#include "model/model.h"
#include "training/settings.h"

namespace engraft::run {

using training::Settings;

int worker_count(const Settings& settings);

// Where features are kept between runs; empty with --no-cache.
base::Path cache_folder(const Settings& settings);

// Keeps the cache within its limit; to be called when a job has added to it.
void limit_cache(const Settings& settings);

// What --precision auto means here.
infer::Precision automatic_precision();

// What --precision and --exact mean here. Throws OptionError for bf16 where the processor lacks it.
infer::ExecutorOptions resolve_compute(const Settings& settings);

// How pictures are loaded: threads, decoding, progress under the name `what`.
features::FeatureSource feature_source(const Settings& settings, const base::Events& events,
                                       const std::string& what);

// Where `compute` says int8: measures what it needs on some of `samples`, and notes what that costs
// these pictures; where it costs too much, `compute` becomes what `auto` means, and that is noted.
// Does nothing otherwise. Returns false where it was stopped.
bool settle_int8(infer::ExecutorOptions& compute, const Settings& settings,
                 const data::Dataset& data, std::span<const std::size_t> samples,
                 const model::Model& model, graph::NodeId cut, const base::Events& events);

// Where `compute` says int8: takes what the model's training has measured. Throws OptionError where
// the model has nothing of that kind.
void take_saved_ranges(infer::ExecutorOptions& compute, const model::Model& model,
                       const std::string& name);

}  // namespace engraft::run
