#include "run/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engraft/error.h"
#include "fetch/download.h"
#include "graph/select.h"
#include "pretrained/pretrained.h"
#include "report/html.h"
#include "report/scatter.h"
#include "run/data_set.h"
#include "run/network.h"
#include "run/outputs.h"
#include "zoo/zoo.h"

namespace engraft::run {
namespace {

constexpr const char* kFast =
    "shufflenet_v2_x1_0,mobilenet_v3_small,mobilenet_v3_large,mobilenet_v2,squeezenet1_1,"
    "mnasnet1_0,regnet_y_400mf,efficientnet_b0,resnet18";
constexpr const char* kAccurate =
    "resnet50,densenet121,regnet_y_1_6gf,regnet_y_3_2gf,efficientnet_b2,efficientnet_b3,"
    "efficientnet_v2_s,resnext50_32x4d";
// Pictures whose features are computed anew where an earlier run's came from the cache, to know how
// fast a network is.
constexpr std::size_t kTimed = 64;

std::string all_cached() {
  std::string names = "sprout";
  for (const zoo::Architecture& architecture : zoo::architectures()) {
    if (!architecture.weights.empty() &&
        fetch::has_checkpoint(std::string(architecture.weights.front().file))) {
      names += fmt::format(",{}", architecture.name);
    }
  }
  return names;
}

// Parts between commas; two commas are one within a part. Empty parts are left out.
std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',') {
      parts.back() += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == ',') {
      parts.back() += text[i++];
    } else {
      parts.emplace_back();
    }
  }
  std::erase(parts, "");
  return parts;
}

// A path's last part where no other candidate of the network has the same, else the whole path.
void label(std::vector<Candidate>& candidates) {
  const auto file_of = [](const Candidate& one) {
    return base::Path(one.weights).filename().string();
  };
  const auto count = [&](const auto& same) { return std::ranges::count_if(candidates, same); };
  for (Candidate& one : candidates) {
    const auto same_name = [&](const Candidate& other) { return other.name == one.name; };
    const auto same_file = [&](const Candidate& other) {
      return same_name(other) && file_of(other) == file_of(one);
    };
    one.label = count(same_name) == 1   ? base::Path(one.name).filename().string()
                : count(same_file) == 1 ? one.name + "=" + file_of(one)
                                        : one.name + "=" + one.weights;
  }
}

class Judge {
 public:
  Judge(const CompareRequest& request, const data::Dataset& data, const base::Events& events)
      : request_(request), data_(data), events_(events), samples_(all_samples(data)) {
    for (const data::Sample& sample : data.samples) labels_.push_back(sample.label);
  }

  Compared judge(const Candidate& candidate) const {
    Compared result{.candidate = candidate};
    try {
      if (!judge(candidate, result)) result.error = "interrupted";
    } catch (const Error& error) {
      result.error = error.what();
    }
    return result;
  }

 private:
  // Returns false where it was stopped.
  bool judge(const Candidate& candidate, Compared& result) const {
    const auto begun = std::chrono::steady_clock::now();
    const Settings& settings = request_.settings;
    model::Model model = pretrained::for_classes(
        open_backbone(candidate.name, candidate.weights, settings, events_), data_.classes);
    model::prepare(model, preparation_of(settings));
    const graph::NodeId cut = graph::find_cut(
        model.graph, graph::select_parameters(model.graph, std::vector<std::string>{"head"}),
        graph::Mode::kEval);
    infer::ComputePlan plan = plan_for(model, settings, events_);
    if (!settle_int8(plan, settings, data_, samples_, model, cut, events_)) return false;
    const Outputs outputs =
        compute_outputs(model, cut, data_, samples_, plan, settings, events_, candidate.label);
    if (!outputs.complete) return false;
    result.images_per_second = rate(outputs, model, cut, plan);
    const std::vector<float> features = learn::pooled(outputs.values, outputs.shape);
    result.features = std::ssize(features) / std::ssize(labels_);
    result.probe = learn::cross_validate({.channels = result.features,
                                          .features = features,
                                          .labels = labels_,
                                          .classes = static_cast<int>(data_.classes.size())},
                                         {.folds = request_.folds,
                                          .seed = settings.seed,
                                          .workers = worker_count(settings),
                                          .events = {.stop = events_.stop}});
    if (result.probe.complete && result.probe.pictures == 0) {
      throw Error("no class has two pictures, so that none can be held out");
    }
    result.cost = graph::cost_of(model.graph);
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return result.probe.complete;
  }

  // Pictures a second, those of earlier runs aside.
  double rate(const Outputs& outputs, const model::Model& model, graph::NodeId cut,
              const infer::ComputePlan& plan) const {
    if (outputs.from_cache == 0) return static_cast<double>(labels_.size()) / outputs.seconds;
    Settings anew = request_.settings;
    anew.no_cache = true;
    const auto some = std::span(samples_).first(std::min(samples_.size(), kTimed));
    const Outputs timed = compute_outputs(model, cut, data_, some, plan, anew, {}, "");
    return static_cast<double>(some.size()) / timed.seconds;
  }

  const CompareRequest& request_;
  const data::Dataset& data_;
  const base::Events& events_;
  std::vector<std::size_t> samples_;
  std::vector<int> labels_;
};

}  // namespace

double Compared::accuracy_percent() const {
  return 100 * static_cast<double>(probe.right) / static_cast<double>(probe.pictures);
}

learn::Interval Compared::interval() const {
  return learn::wilson_interval(probe.right, probe.pictures);
}

std::size_t Comparison::best_count() const {
  std::size_t count = 0;
  for (const Compared& one : results) {
    if (one.error.empty() && one.probe.right == results.front().probe.right) ++count;
  }
  return count;
}

const Compared* Comparison::recommended() const {
  const Compared* choice = nullptr;
  for (const Compared& one : results) {
    if (!one.error.empty()) continue;
    const bool as_good = one.accuracy_percent() >= 100 * results.front().interval().low;
    if (choice == nullptr || (as_good && one.images_per_second > choice->images_per_second)) {
      choice = &one;
    }
  }
  return choice;
}

std::vector<Candidate> candidates_of(const CompareRequest& request) {
  const std::string list = request.models == "fast"         ? kFast
                           : request.models == "accurate"   ? kAccurate
                           : request.models == "all-cached" ? all_cached()
                                                            : request.models;
  std::vector<Candidate> candidates;
  for (const std::string& part : listed(list)) {
    const std::size_t equals = part.find('=');
    Candidate candidate{part.substr(0, equals), equals == std::string::npos
                                                    ? request.settings.weights
                                                    : part.substr(equals + 1)};
    try {
      if (!pretrained::is_onnx(candidate.name)) zoo::find_architecture(candidate.name);
    } catch (const Error& error) {
      throw OptionError(fmt::format("--models: {}", error.what()));
    }
    candidates.push_back(std::move(candidate));
  }
  if (candidates.empty()) throw OptionError("--models: no network is named");
  label(candidates);
  return candidates;
}

Comparison compare(const CompareRequest& request, const CompareEvents& events) {
  resolve_precision(request.settings);
  note_processor(events.shared);
  preparation_of(request.settings);
  const std::vector<Candidate> candidates = candidates_of(request);
  data::Dataset data = open_dataset(request.data, request.settings, events.shared);
  // What is kept for testing chooses nothing.
  std::erase_if(data.samples,
                [](const data::Sample& one) { return one.split == data::Split::kTest; });
  Comparison comparison;
  comparison.pictures = std::ssize(data.samples);
  comparison.classes = std::ssize(data.classes);
  if (events.opened) events.opened(comparison);
  const Judge judge(request, data, events.shared);
  for (const Candidate& candidate : candidates) {
    comparison.results.push_back(judge.judge(candidate));
    if (events.compared) events.compared(comparison.results.back());
    if (base::stopped(events.shared)) {
      comparison.complete = false;
      break;
    }
  }
  std::ranges::stable_sort(comparison.results, [](const Compared& a, const Compared& b) {
    if (a.error.empty() != b.error.empty()) return a.error.empty();
    return a.error.empty() && a.probe.right > b.probe.right;
  });
  return comparison;
}

std::string comparison_svg(const Comparison& comparison, const std::string& data) {
  std::vector<report::ScatterPoint> points;
  for (const Compared& one : comparison.results) {
    if (!one.error.empty()) continue;
    points.push_back({one.candidate.label, one.images_per_second, one.accuracy_percent(),
                      100 * one.interval().low, 100 * one.interval().high});
  }
  return report::scatter_svg(points, {.title = "Which backbone suits " + report::data_name(data),
                                      .x_label = "pictures a second, decoding included",
                                      .y_label = "accuracy, %"});
}

}  // namespace engraft::run
