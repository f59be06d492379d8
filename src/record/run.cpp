#include "record/run.h"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "engraft/error.h"
#include "record/metrics_json.h"

namespace engraft::record {
namespace {

using nlohmann::json;

using training::Method;

constexpr Method kMethods[] = {Method::kSteps, Method::kFit, Method::kBestHead};

json files_json(const std::vector<data::Skipped>& files) {
  json list = json::array();
  for (const data::Skipped& file : files) {
    list.push_back({{"path", file.name}, {"reason", file.reason}});
  }
  return list;
}

std::vector<data::Skipped> files_from(const json& list) {
  std::vector<data::Skipped> files;
  for (const json& file : list) files.push_back({file.at("path"), file.at("reason")});
  return files;
}

json sides_json(const Sides& sides) {
  return {{"train", sides.train}, {"val", sides.val}, {"test", sides.test}};
}

Sides sides_from(const json& document) {
  return {count_from_json(document.at("train")), count_from_json(document.at("val")),
          count_from_json(document.at("test"))};
}

json network_json(const Network& network) {
  return {
      {"architecture", network.architecture},
      {"trainable", network.trainable},
      {"trainable_numbers", network.trainable_count},
      {"numbers", network.parameter_count},
      {"cut", {{"training", network.train_cut}, {"evaluation", network.eval_cut}}},
      {"features", {{"training", network.train_features}, {"evaluation", network.val_features}}},
      {"iterations_per_epoch", network.iterations_per_epoch},
      {"precision", network.precision},
      {"other_precision", network.other_precision}};
}

base::Shape shape_from(const json& list) {
  base::Shape shape;
  for (const json& extent : list) shape.push_back(count_from_json(extent));
  return shape;
}

Network network_from(const json& document) {
  return {.architecture = document.at("architecture"),
          .trainable = document.at("trainable"),
          .trainable_count = count_from_json(document.at("trainable_numbers")),
          .parameter_count = count_from_json(document.at("numbers")),
          .train_cut = document.at("cut").at("training"),
          .eval_cut = document.at("cut").at("evaluation"),
          .train_features = shape_from(document.at("features").at("training")),
          .val_features = shape_from(document.at("features").at("evaluation")),
          .iterations_per_epoch = count_from_json(document.at("iterations_per_epoch")),
          .precision = document.at("precision"),
          .other_precision = document.at("other_precision")};
}

json mistake_json(const Mistake& mistake) {
  json result = {{"path", mistake.path},
                 {"label", mistake.label},
                 {"predicted", mistake.predicted},
                 {"probability", mistake.probability},
                 {"label_probability", mistake.label_probability}};
  if (mistake.thumbnail.empty()) {
    result["problem"] = mistake.problem;
  } else {
    result["thumbnail"] = mistake.thumbnail;
  }
  return result;
}

// Where thumbnails lie; a foreign run's record may name no other file of this machine.
std::string thumbnail_from(const json& document) {
  const std::string name = document.value("thumbnail", "");
  const std::string_view front = "thumbnails/";
  const bool own = name.starts_with(front) && name.ends_with(".jpg") &&
                   name.find('/', front.size()) == std::string::npos;
  if (!name.empty() && !own) throw Error("\"" + name + "\" is no thumbnail of a run");
  return name;
}

Mistake mistake_from(const json& document) {
  return {.path = document.at("path"),
          .label = document.at("label"),
          .predicted = document.at("predicted"),
          .probability = document.at("probability"),
          .label_probability = document.at("label_probability"),
          .thumbnail = thumbnail_from(document),
          .problem = document.value("problem", "")};
}

template <class S, class Visit>
void visit_seconds(S& seconds, Visit&& visit) {
  visit("pictures", seconds.pictures);
  visit("network", seconds.network);
  visit("val_features", seconds.val_features);
  visit("train_features", seconds.train_features);
  visit("head", seconds.head);
  visit("validation", seconds.validation);
  visit("saving", seconds.saving);
  visit("total", seconds.total);
}

json results_json(const Results& results, const std::vector<std::string>& classes) {
  json seconds = json::object();
  visit_seconds(results.seconds, [&](const char* name, double value) { seconds[name] = value; });
  json worst = json::array();
  for (const Mistake& mistake : results.worst) worst.push_back(mistake_json(mistake));
  json result = {{"iterations", results.iterations},
                 {"best_iteration", results.best_iteration},
                 {"stopped", results.stopped},
                 {"best", to_json(results.best, classes)},
                 {"last", to_json(results.last, classes)},
                 {"mistakes", results.mistakes},
                 {"worst", worst},
                 {"seconds", seconds}};
  if (results.penalty) result["penalty"] = *results.penalty;
  return result;
}

Results results_from(const json& document, const std::vector<std::string>& classes) {
  Results results{.iterations = count_from_json(document.at("iterations")),
                  .best_iteration = count_from_json(document.at("best_iteration")),
                  .stopped = document.at("stopped"),
                  .best = metrics_from_json(document.at("best"), classes),
                  .last = metrics_from_json(document.at("last"), classes),
                  .mistakes = count_from_json(document.at("mistakes"))};
  if (document.contains("penalty")) results.penalty = document.at("penalty").get<double>();
  for (const auto& mistake : document.at("worst")) results.worst.push_back(mistake_from(mistake));
  visit_seconds(results.seconds,
                [&](const char* name, double& value) { value = document.at("seconds").at(name); });
  return results;
}

}  // namespace

Sides Run::pictures() const {
  Sides all;
  for (const Sides& sides : counts) {
    all.train += sides.train;
    all.val += sides.val;
    all.test += sides.test;
  }
  return all;
}

std::string to_string(training::Method method) {
  switch (method) {
    case training::Method::kSteps:
      return "steps";
    case training::Method::kFit:
      return "lbfgs";
    case training::Method::kBestHead:
      return "best head";
  }
  return "";
}

std::string to_string(training::StopReason reason) {
  switch (reason) {
    case training::StopReason::kEpochs:
      return "all epochs done";
    case training::StopReason::kAccuracyReached:
      return "accuracy reached";
    case training::StopReason::kInterrupted:
      return "interrupted";
    case training::StopReason::kConverged:
      return "converged";
    case training::StopReason::kDiverged:
      return "diverged";
  }
  return "";
}

json to_json(const Run& run) {
  json counts = json::array();
  for (std::size_t k = 0; k < run.classes.size(); ++k) {
    json one = sides_json(run.counts[k]);
    one["name"] = run.classes[k];
    counts.push_back(one);
  }
  json result = {{"format", run.format},
                 {"program", run.program},
                 {"command", run.command},
                 {"data", run.data},
                 {"contents", run.contents},
                 {"device", run.device},
                 {"weights", run.weights},
                 {"options", training::to_json(run.settings)},
                 {"method", to_string(run.method)},
                 {"classes", counts},
                 {"images", sides_json(run.pictures())},
                 {"skipped", files_json(run.skipped)},
                 {"notes", files_json(run.notes)}};
  if (!run.plan.empty()) result["plan"] = json::parse(run.plan);
  if (run.network) result["network"] = network_json(*run.network);
  if (run.results) result["results"] = results_json(*run.results, run.classes);
  return result;
}

Run run_from_json(const json& document) {
  Run run;
  try {
    const json format = document.value("format", json(1));
    if (!format.is_number_integer()) throw Error("is no run that this program wrote: no format");
    run.format =
        static_cast<int>(std::clamp<std::int64_t>(base::whole_number(format), 0, kRunFormat + 1));
    if (run.format != kRunFormat) {
      throw Error(fmt::format(
          "is of format {}, where this program reads {}: {}", run.format, kRunFormat,
          run.format < kRunFormat ? "0.1.0 kept too little for a report; its own stays as it is"
                                  : "a newer one wrote it"));
    }
    run.program = document.at("program");
    run.command = document.at("command");
    run.data = document.at("data");
    run.contents = document.value("contents", "");
    run.device = document.at("device");
    run.weights = document.at("weights");
    run.settings = training::settings_from_json(document.at("options"));
    for (const training::Method method : kMethods) {
      if (document.at("method") == to_string(method)) run.method = method;
    }
    for (const auto& one : document.at("classes")) {
      run.classes.push_back(one.at("name"));
      run.counts.push_back(sides_from(one));
    }
    run.skipped = files_from(document.at("skipped"));
    run.notes = files_from(document.at("notes"));
    if (document.contains("plan")) run.plan = document.at("plan").dump();
    if (document.contains("network")) run.network = network_from(document.at("network"));
    if (document.contains("results"))
      run.results = results_from(document.at("results"), run.classes);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("is no run that this program wrote: {}", error.what()));
  }
  return run;
}

}  // namespace engraft::record
