#include "record/worst.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>

#include "base/parallel.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/geometry.h"
#include "learn/softmax.h"

namespace engraft::record {
namespace {

constexpr int kThumbnailQuality = 82;

struct Judged {
  Mistake mistake;
  bool right = false;
  double loss = 0;  // cross-entropy; infinite where it is not a number
};

// Pictures that the run has opened, under its own limits.
constexpr image::Limits kOpenedBefore{.max_pixels = std::int64_t{1} << 32U,
                                      .max_bytes = std::int64_t{1} << 40U};

double finite_or_zero(double probability) { return std::isfinite(probability) ? probability : 0; }

Judged judge(std::span<const float> logits, const data::Sample& sample,
             const std::vector<std::string>& classes) {
  const std::vector<double> probabilities = learn::softmax(logits);
  const auto label = static_cast<std::size_t>(sample.label);
  const std::optional<std::size_t> predicted = learn::predicted_class(logits);
  Judged judged{.mistake = {.path = sample.name, .label = classes[label], .predicted = "no class"}};
  if (predicted) {
    judged.mistake.predicted = classes[*predicted];
    judged.mistake.probability = finite_or_zero(probabilities[*predicted]);
  }
  judged.mistake.label_probability = finite_or_zero(probabilities[label]);
  judged.right = predicted == label;
  judged.loss = learn::log_sum_exp(logits) - static_cast<double>(logits[label]);
  if (std::isnan(judged.loss)) judged.loss = std::numeric_limits<double>::infinity();
  return judged;
}

base::Expected<base::Bytes> thumbnail(const base::Path& path) {
  const base::Expected<image::DecodedImage> decoded =
      image::read_image(path, {.limits = kOpenedBefore});
  if (!decoded) return decoded.problem();
  const image::Image& image = decoded->image;
  const double scale =
      std::min(1.0, static_cast<double>(kThumbnailSide) / std::max(image.height, image.width));
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  return image::encode_jpeg(image::resize(image, scaled(image.height), scaled(image.width)),
                            kThumbnailQuality);
}

}  // namespace

std::vector<Mistake> all_mistakes(const data::Dataset& data, const training::TrainResult& result) {
  const std::size_t classes = data.classes.size();
  std::vector<Judged> found;
  for (std::size_t i = 0; i < result.val_samples.size(); ++i) {
    Judged one = judge(std::span(result.best_logits).subspan(i * classes, classes),
                       data.samples[result.val_samples[i]], data.classes);
    if (!one.right) found.push_back(std::move(one));
  }
  std::ranges::sort(found, [](const Judged& a, const Judged& b) {
    return a.loss != b.loss ? a.loss > b.loss : a.mistake.path < b.mistake.path;
  });
  std::vector<Mistake> mistakes;
  for (Judged& one : found) mistakes.push_back(std::move(one.mistake));
  return mistakes;
}

void write_worst(const base::Path& folder, const data::Dataset& data,
                 const training::TrainResult& result, int workers, Results& results) {
  std::vector<Mistake> mistakes = all_mistakes(data, result);
  results.mistakes = std::ssize(mistakes);
  mistakes.resize(std::min(mistakes.size(), kShownMistakes));
  if (!mistakes.empty()) std::filesystem::create_directories(folder / "thumbnails");
  std::map<std::string_view, const data::Sample*> samples;
  for (const std::size_t i : result.val_samples) {
    samples.emplace(data.samples[i].name, &data.samples[i]);
  }
  base::parallel_for(mistakes.size(), workers, [&](std::size_t i, int) {
    Mistake& mistake = mistakes[i];
    const base::Expected<base::Bytes> picture = thumbnail(samples.at(mistake.path)->path);
    if (!picture) {
      mistake.problem = picture.reason();
      return;
    }
    mistake.thumbnail = fmt::format("thumbnails/{:02}.jpg", i + 1);
    base::write_atomically(folder / mistake.thumbnail, *picture);
  });
  results.worst = std::move(mistakes);
}

}  // namespace engraft::record
