#include "record/predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/csv.h"
#include "base/npy.h"
#include "data/split_list.h"
#include "learn/softmax.h"

namespace engraft::record {
namespace {

constexpr std::size_t kLikeliest = 5;

std::vector<std::string> header(const std::vector<std::string>& classes) {
  std::vector<std::string> fields{"path", "label", "split", "predicted"};
  if (classes.size() <= kColumnClasses) {
    for (const std::string& name : classes) fields.push_back("p:" + name);
  } else {
    for (std::size_t k = 1; k <= kLikeliest; ++k) {
      fields.push_back(fmt::format("top{}", k));
      fields.push_back(fmt::format("p{}", k));
    }
  }
  return fields;
}

std::string probability_text(double probability) { return fmt::format("{:.6f}", probability); }

}  // namespace

void write_predictions_csv(const base::Path& file, const data::Dataset& data,
                           std::span<const std::size_t> samples, std::span<const float> logits) {
  const std::size_t classes = data.classes.size();
  base::AtomicFile output(file);
  std::string text;
  base::append_csv_row(text, header(data.classes));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const data::Sample& sample = data.samples[samples[i]];
    const std::span<const float> row = logits.subspan(i * classes, classes);
    const std::vector<double> probabilities = learn::softmax(row);
    const std::vector<std::size_t> top = learn::largest(probabilities, kLikeliest);
    const std::optional<std::size_t> predicted = learn::predicted_class(row);
    std::vector<std::string> fields{
        sample.name, data.classes[static_cast<std::size_t>(sample.label)],
        data::to_string(sample.split), predicted ? data.classes[*predicted] : ""};
    if (classes <= kColumnClasses) {
      for (const double probability : probabilities) {
        fields.push_back(probability_text(probability));
      }
    } else {
      for (const std::size_t k : top) {
        fields.push_back(data.classes[k]);
        fields.push_back(probability_text(probabilities[k]));
      }
    }
    base::append_csv_row(text, fields);
    output.write(text);
    text.clear();
  }
  output.write(text);
  output.commit();
}

void write_logits_npy(const base::Path& file, std::span<const float> logits, std::int64_t classes) {
  base::write_npy(file, logits, {std::ssize(logits) / std::max<std::int64_t>(classes, 1), classes});
}

}  // namespace engraft::record
