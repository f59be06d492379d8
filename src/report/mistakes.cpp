#include "report/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/parallel.h"
#include "base/text.h"
#include "image/decode.h"
#include "image/encode.h"
#include "learn/softmax.h"
#include "report/html.h"

namespace engraft::report {
namespace {

constexpr int kThumbnailQuality = 82;

Mistake judge(std::span<const float> logits, std::size_t sample, std::size_t truth) {
  Mistake mistake{.sample = sample, .truth = truth};
  mistake.predicted = learn::predicted_class(logits).value_or(0);
  const double normalizer = learn::log_sum_exp(logits);
  mistake.probability = std::exp(logits[mistake.predicted] - normalizer);
  mistake.loss = normalizer - logits[truth];
  mistake.truth_probability = std::exp(-mistake.loss);
  if (std::isnan(mistake.loss)) mistake.loss = std::numeric_limits<double>::infinity();
  return mistake;
}

base::Expected<base::Bytes> thumbnail(const base::Path& path, int largest_side) {
  const base::Expected<image::DecodedImage> decoded = image::read_image(path);
  if (!decoded) return base::Problem{decoded.reason()};
  const image::Image& image = decoded->image;
  const double scale =
      std::min(1.0, static_cast<double>(largest_side) / std::max(image.height, image.width));
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  return image::encode_jpeg(image::resize(image, scaled(image.height), scaled(image.width)),
                            kThumbnailQuality);
}

// Probabilities below a tenth of a percent are not nothing.
std::string probability_text(double probability) {
  if (probability > 0 && probability < 0.0005) return "&lt;\u00A00.1\u00A0%";
  return percent_text(100 * probability, 1);
}

std::string mistake_html(const Mistake& mistake, const data::Dataset& data,
                         const base::Expected<base::Bytes>& picture) {
  const std::string truth = name_html(data.classes[mistake.truth]);
  const std::string predicted = name_html(data.classes[mistake.predicted]);
  const std::string name = data.samples[mistake.sample].name;
  const std::string shown =
      picture ? fmt::format("<img src=\"data:image/jpeg;base64,{}\" alt=\"{}, taken for {}\">",
                            base64(*picture), escape_html(data.classes[mistake.truth]),
                            escape_html(data.classes[mistake.predicted]))
              : fmt::format("<p class=\"unreadable\">cannot be read any more: {}</p>",
                            escape_html(picture.reason()));
  return fmt::format(
      "<li>\n<div class=\"picture\">{}</div>\n<dl>\n"
      "<div><dt>shows</dt><dd>{} <span class=\"number\">{}</span></dd></div>\n"
      "<div class=\"wrong\"><dt>taken for</dt><dd>{} <span class=\"number\">{}</span></dd></div>\n"
      "</dl>\n<p class=\"file\" title=\"{}\">{}</p>\n</li>\n",
      shown, truth, probability_text(mistake.truth_probability), predicted,
      probability_text(mistake.probability), escape_html(name), name_html(name));
}

std::string introduction(std::size_t shown, std::size_t in_all) {
  if (in_all == 1) return "There is one mistake.";
  if (shown == in_all) return fmt::format("All {} mistakes, the highest loss first.", in_all);
  return fmt::format("The {} mistakes with the highest loss, of {} in all.", shown,
                     base::grouped(static_cast<std::int64_t>(in_all)));
}

}  // namespace

std::vector<Mistake> all_mistakes(const data::Dataset& data, const training::TrainResult& result) {
  const std::size_t classes = data.classes.size();
  const std::size_t count = std::min(result.val_samples.size(),
                                     result.best_logits.size() / std::max<std::size_t>(classes, 1));
  std::vector<Mistake> mistakes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t sample = result.val_samples[i];
    const Mistake one = judge(std::span(result.best_logits).subspan(i * classes, classes), sample,
                              static_cast<std::size_t>(data.samples[sample].label));
    if (one.predicted != one.truth) mistakes.push_back(one);
  }
  std::sort(mistakes.begin(), mistakes.end(), [&](const Mistake& a, const Mistake& b) {
    if (a.loss != b.loss) return a.loss > b.loss;
    return data.samples[a.sample].name < data.samples[b.sample].name;
  });
  return mistakes;
}

std::string mistakes_html(const data::Dataset& data, const training::TrainResult& result,
                          const MistakesOptions& options) {
  std::vector<Mistake> mistakes = all_mistakes(data, result);
  if (result.best_logits.empty()) return "<p>Nothing was validated.</p>\n";
  if (mistakes.empty()) {
    return "<p>No mistakes: the model was right about every validation picture.</p>\n";
  }
  const std::size_t in_all = mistakes.size();
  mistakes.resize(std::min(in_all, options.limit));
  std::vector<base::Expected<base::Bytes>> pictures(mistakes.size(), base::Bytes{});
  base::parallel_for(mistakes.size(), options.workers, [&](std::size_t i, int) {
    pictures[i] = thumbnail(data.samples[mistakes[i].sample].path, options.largest_side);
  });
  std::string html = "<p>" + introduction(mistakes.size(), in_all) +
                     " Probabilities are the model's. Look here for pictures that lie in the wrong "
                     "folder.</p>\n<ul class=\"mistakes\">\n";
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    html += mistake_html(mistakes[i], data, pictures[i]);
  }
  return html + "</ul>\n";
}

std::string base64(const base::Bytes& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < have ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= have ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace engraft::report
