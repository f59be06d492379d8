// What a job's settings mean on this machine: how to compute, with how many threads, where to keep
// what was computed.
#pragma once

#include <span>

#include "base/events.h"
#include "data/dataset.h"
#include "features/features.h"
#include "features/plan_for.h"
#include "infer/compute_plan.h"
#include "model/model.h"
#include "training/settings.h"

namespace engraft::run {

using training::Settings;

int worker_count(const Settings& settings);

// Where features are kept between runs; empty with --no-cache.
base::Path cache_folder(const Settings& settings);

// Keeps the cache within its limit; to be called when a job has added to it.
void limit_cache(const Settings& settings);

// What a job that computes pictures says of this machine before it begins, where there is
// something.
void note_processor(const base::Events& events);

// What --precision and --exact ask for. Throws OptionError for bf16 where the processor lacks it.
features::PlanChoice resolve_precision(const Settings& settings);

// How the model is computed; notes what there is to say about it. Throws OptionError as above,
// Error where its saved plan is damaged.
infer::ComputePlan plan_for(const model::Model& model, const Settings& settings,
                            const base::Events& events);

// How a picture is opened, and what it may ask for.
transforms::LoadOptions load_options(const Settings& settings);

// How pictures are loaded: threads, decoding, progress under the name `what`.
features::FeatureSource feature_source(const Settings& settings, const base::Events& events,
                                       const std::string& what);

// Where `plan` says int8 and has no ranges: measures them on some of `samples`, and notes what that
// costs these pictures; where it costs too much, `plan` becomes what `auto` means, and that is
// noted. Does nothing otherwise. Returns false where it was stopped.
bool settle_int8(infer::ComputePlan& plan, const Settings& settings, const data::Dataset& data,
                 std::span<const std::size_t> samples, const model::Model& model, graph::NodeId cut,
                 const base::Events& events);

}  // namespace engraft::run
