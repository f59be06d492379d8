#include "record/metrics_json.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <utility>

#include "base/foreign_json.h"
#include "engraft/error.h"
#include "record/confusion_json.h"

namespace engraft::record {

using nlohmann::json;

namespace {

// So few that no sum over classes overflows.
constexpr std::int64_t kMostCounted = 1'000'000'000'000;

}  // namespace

json to_json(const learn::Metrics& metrics, const std::vector<std::string>& classes) {
  json per_class = json::array();
  for (std::size_t k = 0; k < metrics.classes.size(); ++k) {
    const learn::ClassMetrics& one = metrics.classes[k];
    per_class.push_back({{"name", classes[k]},
                         {"images", one.images},
                         {"precision", one.precision},
                         {"recall", one.recall},
                         {"f1", one.f1}});
  }
  json result = {
      {"accuracy", metrics.accuracy_percent}, {"loss", metrics.loss}, {"classes", per_class}};
  add_confusion(result, metrics.confusion, classes);
  return result;
}

std::int64_t count_from_json(const json& value) {
  const std::int64_t count = base::whole_number(value);
  if (count < 0 || count > kMostCounted) {
    throw Error(fmt::format("{} is no count of pictures", count));
  }
  return count;
}

learn::Metrics metrics_from_json(const json& document, const std::vector<std::string>& classes) {
  learn::Metrics metrics;
  const auto number = [](const auto& value) {  // what is no number is written as null
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                           : value.template get<double>();
  };
  metrics.accuracy_percent = number(document.at("accuracy"));
  metrics.loss = number(document.at("loss"));
  for (const auto& one : document.at("classes")) {
    metrics.classes.push_back({.images = count_from_json(one.at("images")),
                               .precision = one.at("precision"),
                               .recall = one.at("recall"),
                               .f1 = one.at("f1")});
  }
  const auto require = [](bool holds) {
    if (!holds) throw Error("figures of other classes than the run has");
  };
  require(metrics.classes.size() == classes.size());
  if (document.contains("confusion")) {
    learn::Confusion::Matrix matrix;
    for (const auto& row : document.at("confusion")) {
      auto& counts = matrix.emplace_back();
      for (const auto& count : row) counts.push_back(count_from_json(count));
      require(counts.size() == classes.size());
    }
    require(matrix.size() == classes.size());
    metrics.confusion = learn::Confusion(matrix);
    return metrics;
  }
  // Right answers are what is left of a class's pictures.
  std::map<std::string, std::size_t> places;
  std::vector<std::int64_t> right;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    places.emplace(classes[k], k);
    right.push_back(metrics.classes.at(k).images);
  }
  std::vector<learn::ConfusedPair> pairs;
  for (const auto& pair : document.at("confused")) {
    const auto shown = places.find(pair.at("shown").get<std::string>());
    const auto taken_for = places.find(pair.at("taken_for").get<std::string>());
    require(shown != places.end() && taken_for != places.end());
    pairs.push_back({shown->second, taken_for->second, count_from_json(pair.at("count"))});
    right[shown->second] -= pairs.back().count;
  }
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (right[k] > 0) pairs.push_back({k, k, right[k]});
  }
  metrics.confusion = learn::Confusion(classes.size(), std::move(pairs));
  return metrics;
}

}  // namespace engraft::record
