// For tests: a run's record made by hand, with pictures on the disk, so that the report can be
// tried without training anything.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "image/encode.h"
#include "record/run.h"
#include "record/worst.h"

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
    data.classes = classes;
    run.program = "0.2.0";
    run.data = "pictures/";
    run.command = "engraft train pictures/ --model resnet18";
    run.device = "cpu";
    run.weights = "imagenet";
    run.settings.train_transforms = "random_resized_crop(224) hflip";
    run.settings.val_transforms = "resize(256) center_crop(224)";
    run.settings.precision = "fp32";
    run.settings.workers = 2;
    run.classes = std::move(classes);
    run.counts.assign(run.classes.size(), {});
    run.network = Network{.architecture = "resnet18",
                          .trainable = {"fc.bias", "fc.weight"},
                          .trainable_count = 1026,
                          .parameter_count = 11'177'538,
                          .train_cut = "flatten",
                          .eval_cut = "flatten",
                          .train_features = {1, 512},
                          .val_features = {1, 512},
                          .iterations_per_epoch = 10,
                          .precision = "fp32",
                          .other_precision = "fp32"};
  }
  TestRecord(const TestRecord&) = delete;
  TestRecord& operator=(const TestRecord&) = delete;

  void add_train(int label) { ++run.counts[static_cast<std::size_t>(label)].train; }

  // A validation picture with the model's logits for it; also on the disk where there are bytes.
  void add_val(int label, const std::string& name, const std::vector<float>& logits,
               const base::Bytes& bytes = {}) {
    if (!bytes.empty()) folder.write(name, bytes);
    result.val_samples.push_back(data.samples.size());
    data.samples.push_back({folder.path() / name, name, label, data::Split::kVal});
    result.best_logits.insert(result.best_logits.end(), logits.begin(), logits.end());
    labels_.push_back(label);
    ++run.counts[static_cast<std::size_t>(label)].val;
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
    Results results;
    results.best =
        learn::compute_metrics(result.best_logits, labels_, static_cast<int>(data.classes.size()));
    results.last = results.best;
    results.stopped = to_string(training::StopReason::kEpochs);
    for (const double accuracy : accuracy_percent) {
      training::EvalPoint point;
      point.iteration = results.iterations += 10;
      point.epoch = static_cast<double>(point.iteration) / 10;
      point.train_loss = 1 - accuracy / 120;
      point.train_accuracy_percent = accuracy - 4;
      point.val_loss = 1 - accuracy / 110;
      point.val_accuracy_percent = accuracy;
      run.history.push_back(point);
    }
    results.best_iteration = results.iterations;
    results.seconds = {.pictures = 0.5,
                       .network = 1,
                       .val_features = 4,
                       .train_features = 20,
                       .head = 3,
                       .validation = 1,
                       .saving = 0.5,
                       .total = 30};
    write_worst(folder.path(), data, result, 1, results);
    run.results = std::move(results);
  }

  base::TestFolder folder;
  data::Dataset data;
  training::TrainResult result;
  Run run;

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
