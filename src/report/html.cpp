#include "report/html.h"

#include <fmt/format.h>

#include "base/text.h"

namespace engraft::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kListedFiles = 50;

// The length in bytes of the well-formed UTF-8 character at the start of `text`, 0 where there is
// none (table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing past 10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
  if (first < 0xE0) return 2;
  if (!continues(2)) return 0;
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xF0 && second < 0x90;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return continues(3) && !overlong && !too_large ? 4 : 0;
}

// C0 without tab and line ends, DEL, and C1.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) {
    return (first < 0x20 && first != '\t' && first != '\n' && first != '\r') || first == 0x7F;
  }
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || is_control(character)) {
      result += kReplacement;
    } else {
      switch (character[0]) {
        case '&':
          result += "&amp;";
          break;
        case '<':
          result += "&lt;";
          break;
        case '>':
          result += "&gt;";
          break;
        case '"':
          result += "&quot;";
          break;
        case '\'':
          result += "&#39;";
          break;
        default:
          result += character;
      }
    }
    text.remove_prefix(character.size());
  }
  return result;
}

std::string name_html(std::string_view text) {
  return text.empty() ? "<bdi>(no name)</bdi>" : "<bdi>" + escape_html(text) + "</bdi>";
}

std::string data_name(std::string_view data) {
  const std::size_t end = data.find_last_not_of('/');
  if (end == std::string_view::npos) return std::string(data);
  const std::string_view path = data.substr(0, end + 1);
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  return std::string(name == "." || name == ".." ? path : name);
}

std::string percent_text(double percent, int digits) {
  return fmt::format("{:.{}f}\u00A0%", percent, digits);
}

std::string counted(std::int64_t count, std::string_view noun, std::string_view plural) {
  if (count == 1) return fmt::format("1 {}", noun);
  return plural.empty() ? fmt::format("{} {}s", base::grouped(count), noun)
                        : fmt::format("{} {}", base::grouped(count), plural);
}

std::string facts_html(std::span<const std::pair<std::string, std::string>> facts) {
  std::string html = "<dl class=\"facts\">\n";
  for (const auto& [term, description] : facts) {
    if (description.empty()) continue;
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(term), description);
  }
  return html + "</dl>\n";
}

std::string file_list_html(std::span<const data::Skipped> files) {
  std::string html = "<ul class=\"files\">\n";
  for (const data::Skipped& file : files.subspan(0, std::min(files.size(), kListedFiles))) {
    html += fmt::format("<li><code>{}</code> <span class=\"quiet\">{}</span></li>\n",
                        name_html(file.name), escape_html(file.reason));
  }
  html += "</ul>\n";
  if (files.size() > kListedFiles) {
    html +=
        fmt::format("<p class=\"quiet\">and {} more, listed in run.json</p>\n",
                    base::grouped(std::ssize(files) - static_cast<std::ptrdiff_t>(kListedFiles)));
  }
  return html;
}

}  // namespace engraft::report
