// For tests: a finished training made by hand, with pictures on the disk, so that the report can be
// tried without training anything.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "image/encode.h"
#include "record/run_folder.h"

namespace engraft::record {

inline base::Bytes picture_bytes(int height, int width, int shade) {
  image::Image image(height, width);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 3 + static_cast<std::size_t>(shade) * 40);
  }
  return image::encode_jpeg(image);
}

class TestRecord {
 public:
  explicit TestRecord(std::vector<std::string> classes) {
    data.root = folder.path();
    data.classes = std::move(classes);
    record.data = "pictures/";
    record.command = "engraft train pictures/ --model resnet18";
    record.device = "cpu";
    record.weights = "imagenet";
    record.dataset = &data;
    record.options.train_transforms = transforms::parse_pipeline("random_resized_crop(224) hflip");
    record.result.best.graph.architecture = "resnet18";
    record.result.best.classes = data.classes;
    record.result.best.val_transforms = transforms::parse_pipeline("resize(256) center_crop(224)");
    training::TrainPlan& plan = record.result.plan;
    plan.trainable = {"fc.bias", "fc.weight"};
    plan.trainable_count = 1026;
    plan.parameter_count = 11'177'538;
    plan.train_cut = plan.eval_cut = "flatten";
    plan.train_features = plan.val_features = {1, 512};
    plan.iterations_per_epoch = 10;
    plan.iterations = 100;
    record.result.seconds = {0.5, 4, 20, 3, 1, 30};
  }
  TestRecord(const TestRecord&) = delete;
  TestRecord& operator=(const TestRecord&) = delete;

  // A training picture, on the list only.
  void add_train(int label, const std::string& name) {
    data.samples.push_back({folder.path() / name, name, label, data::Split::kTrain});
  }

  // A validation picture with the model's logits for it; also on the disk where there are bytes.
  void add_val(int label, const std::string& name, const std::vector<float>& logits,
               const base::Bytes& bytes = {}) {
    if (!bytes.empty()) folder.write(name, bytes);
    record.result.val_samples.push_back(data.samples.size());
    data.samples.push_back({folder.path() / name, name, label, data::Split::kVal});
    record.result.best_logits.insert(record.result.best_logits.end(), logits.begin(), logits.end());
    labels_.push_back(label);
  }

  // As above, with logits that answer `predicted`, the more surely the larger `margin` is.
  void add_val(int label, int predicted, float margin, const std::string& name,
               const base::Bytes& bytes = {}) {
    std::vector<float> logits(data.classes.size());
    logits[static_cast<std::size_t>(predicted)] = margin;
    add_val(label, name, logits, bytes);
  }

  // One validation after each `accuracy_percent`, the first one after ten iterations; the last one
  // is the best. Call this last.
  void finish(const std::vector<double>& accuracy_percent) {
    training::TrainResult& result = record.result;
    result.best_metrics =
        learn::compute_metrics(result.best_logits, labels_, static_cast<int>(data.classes.size()));
    result.last_metrics = result.best_metrics;
    for (const double accuracy : accuracy_percent) {
      training::EvalPoint point;
      point.iteration = result.iterations += 10;
      point.epoch = static_cast<double>(point.iteration) / 10;
      point.train_loss = 1 - accuracy / 120;
      point.train_accuracy_percent = accuracy - 4;
      point.val_loss = 1 - accuracy / 110;
      point.val_accuracy_percent = accuracy;
      result.history.push_back(point);
    }
    result.best_iteration = result.iterations;
  }

  base::TestFolder folder;
  data::Dataset data;
  RunRecord record;

 private:
  std::vector<int> labels_;
};

inline std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// The values of an attribute, in order.
inline std::vector<std::string> values_of(const std::string& html, const std::string& attribute) {
  std::vector<std::string> values;
  const std::string opening = " " + attribute + "=\"";
  for (std::size_t at = html.find(opening); at != std::string::npos;
       at = html.find(opening, at + 1)) {
    const std::size_t begin = at + opening.size();
    values.push_back(html.substr(begin, html.find('"', begin) - begin));
  }
  return values;
}

// What is wrong with the nesting of a page's tags; "" where nothing is.
inline std::string nesting_problem(std::string_view html) {
  const std::vector<std::string_view> alone{"!doctype", "meta", "img", "br"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string_view::npos) return "a tag that does not end";
    const std::string_view tag = html.substr(at + 1, end - at - 1);
    const bool closing = tag.starts_with('/');
    const std::string name(
        tag.substr(closing ? 1 : 0, tag.find_first_of(" /\n", 1) - (closing ? 1 : 0)));
    if (closing) {
      if (open.empty() || "/" + open.back() != tag) {
        return fmt::format("<{}> where <{}> was open", tag, open.empty() ? "nothing" : open.back());
      }
      open.pop_back();
    } else if (!tag.ends_with('/') && std::find(alone.begin(), alone.end(), name) == alone.end()) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

}  // namespace engraft::record
