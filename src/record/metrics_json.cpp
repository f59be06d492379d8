#include "record/metrics_json.h"

#include <limits>
#include <map>

namespace engraft::record {
namespace {

using nlohmann::json;

json confused_pairs(const learn::Metrics& metrics, const std::vector<std::string>& classes) {
  json pairs = json::array();
  for (std::size_t truth = 0; truth < metrics.confusion.size(); ++truth) {
    for (std::size_t predicted = 0; predicted < metrics.confusion[truth].size(); ++predicted) {
      const std::int64_t count = metrics.confusion[truth][predicted];
      if (count == 0 || truth == predicted) continue;
      pairs.push_back(
          {{"shown", classes[truth]}, {"taken_for", classes[predicted]}, {"count", count}});
    }
  }
  return pairs;
}

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
  if (classes.size() < kManyClasses) {
    result["confusion"] = metrics.confusion;
  } else {
    result["confused"] = confused_pairs(metrics, classes);
  }
  return result;
}

learn::Metrics metrics_from_json(const json& json, const std::vector<std::string>& classes) {
  learn::Metrics metrics;
  const auto number = [](const auto& value) {  // what is no number is written as null
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                           : value.template get<double>();
  };
  metrics.accuracy_percent = number(json.at("accuracy"));
  metrics.loss = number(json.at("loss"));
  for (const auto& one : json.at("classes")) {
    metrics.classes.push_back({.images = one.at("images"),
                               .precision = one.at("precision"),
                               .recall = one.at("recall"),
                               .f1 = one.at("f1")});
  }
  if (json.contains("confusion")) {
    metrics.confusion = json.at("confusion");
    return metrics;
  }
  std::map<std::string, std::size_t> places;
  for (std::size_t k = 0; k < classes.size(); ++k) places.emplace(classes[k], k);
  metrics.confusion.assign(classes.size(), std::vector<std::int64_t>(classes.size()));
  for (std::size_t k = 0; k < classes.size(); ++k) {
    metrics.confusion[k][k] = metrics.classes.at(k).images;
  }
  for (const auto& pair : json.at("confused")) {
    const std::size_t shown = places.at(pair.at("shown"));
    const std::int64_t count = pair.at("count");
    metrics.confusion[shown][places.at(pair.at("taken_for"))] = count;
    metrics.confusion[shown][shown] -= count;
  }
  return metrics;
}

}  // namespace engraft::record
