#include "report/mistakes.h"

#include <fmt/format.h>

#include <string_view>

#include "base/text.h"
#include "report/html.h"

namespace engraft::report {
namespace {

// Probabilities below a tenth of a percent are not nothing.
std::string probability_text(double probability) {
  if (probability > 0 && probability < 0.0005) return "&lt;\u00A00.1\u00A0%";
  return percent_text(100 * probability, 1);
}

std::string picture_html(const base::Path& folder, const record::Mistake& mistake) {
  if (mistake.thumbnail.empty()) {
    return "<p class=\"unreadable\">cannot be read any more: " + escape_html(mistake.problem) +
           "</p>";
  }
  return fmt::format("<img src=\"data:image/jpeg;base64,{}\" alt=\"{}, taken for {}\">",
                     base64(base::read_file(folder / mistake.thumbnail)),
                     escape_html(mistake.label), escape_html(mistake.predicted));
}

std::string mistake_html(const base::Path& folder, const record::Mistake& mistake) {
  return fmt::format(
      "<li>\n<div class=\"picture\">{}</div>\n<dl>\n"
      "<div><dt>shows</dt><dd>{} <span class=\"number\">{}</span></dd></div>\n"
      "<div class=\"wrong\"><dt>taken for</dt><dd>{} <span class=\"number\">{}</span></dd></div>\n"
      "</dl>\n<p class=\"file\" title=\"{}\">{}</p>\n</li>\n",
      picture_html(folder, mistake), name_html(mistake.label),
      probability_text(mistake.label_probability), name_html(mistake.predicted),
      probability_text(mistake.probability), escape_html(mistake.path), name_html(mistake.path));
}

std::string introduction(std::int64_t shown, std::int64_t in_all) {
  if (in_all == 1) return "There is one mistake.";
  if (shown == in_all) return fmt::format("All {} mistakes, the highest loss first.", in_all);
  return fmt::format("The {} mistakes with the highest loss, of {} in all.", shown,
                     base::grouped(in_all));
}

}  // namespace

std::string mistakes_html(const base::Path& folder, const record::Results& results) {
  if (results.mistakes == 0) {
    return "<p>No mistakes: the model was right about every validation picture.</p>\n";
  }
  std::string html = "<p>" + introduction(std::ssize(results.worst), results.mistakes) +
                     " Probabilities are the model's. Look here for pictures that lie in the wrong "
                     "folder.</p>\n<ul class=\"mistakes\">\n";
  for (const record::Mistake& mistake : results.worst) html += mistake_html(folder, mistake);
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
