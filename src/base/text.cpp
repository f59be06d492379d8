#include "base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace engraft::base {
namespace {

// The length of the sequence that this byte begins, 0 for none.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;  // a continuation, or an overlong form
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

// Whether the second byte fits the first: no overlong form, no surrogate, not beyond the last.
bool is_second(unsigned char first, unsigned char second) {
  if (first == 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (first == 0xed) return second >= 0x80 && second <= 0x9f;
  if (first == 0xf0) return second >= 0x90 && second <= 0xbf;
  if (first == 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

// The letter that the text begins with, how many bytes it has and how many columns it takes. A byte
// that begins none stands for itself.
struct Letter {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Letter first_letter(std::string_view text) {
  utf8proc_int32_t point = 0;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &point);
  if (bytes <= 0) return {};
  return {static_cast<std::size_t>(bytes),
          static_cast<std::size_t>(std::max(utf8proc_charwidth(point), 0))};
}

// The text's beginning in at most `columns` columns, "…" in place of what does not fit.
std::string shortened(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size();) {
    const Letter letter = first_letter(text.substr(end));
    if (used + letter.columns + 1 > columns) break;
    used += letter.columns;
    end += letter.bytes;
  }
  return std::string(text.substr(0, end)) + (columns > 0 ? "…" : "");
}

std::string spaces_beside(std::string_view text, std::size_t columns) {
  return std::string(columns - std::min(columns, display_width(text)), ' ');
}

bool acts_on_a_terminal(utf8proc_int32_t point) {
  if (point == '\n' || point == '\t') return false;
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069);
}

void append_hex(std::string& text, std::uint32_t value, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  while (digits-- > 0) text += kDigits[value >> (4 * digits) & 0xfU];
}

// The length of the sequence that begins the text, 0 where that is none.
std::size_t valid_sequence(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = sequence_length(first);
  if (length == 0 || length > text.size()) return 0;
  if (length > 1 && !is_second(first, static_cast<unsigned char>(text[1]))) return 0;
  for (std::size_t k = 2; k < length; ++k) {
    if ((static_cast<unsigned char>(text[k]) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string grouped(std::int64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string enumerated(std::span<const std::string> names, std::size_t shown) {
  std::string text;
  for (const std::string& name : names.first(std::min(names.size(), shown))) {
    text += (text.empty() ? "" : ", ") + name;
  }
  if (names.size() <= shown) return text;
  return text + " and " + grouped(static_cast<std::int64_t>(names.size() - shown)) + " more";
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; (at = text.find(separator)) != std::string_view::npos;) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(text, ',')) {
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = valid_sequence(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = valid_sequence(text.substr(i));
    if (length == 0) {
      result += "\\x";
      append_hex(result, static_cast<unsigned char>(text[i++]), 2);
    } else {
      result += text.substr(i, length);
      i += length;
    }
  }
  return result;
}

std::string harmless(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(valid_sequence(text.substr(i)), 1);
    utf8proc_int32_t point = 0;
    const bool valid = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + i,
                                        static_cast<utf8proc_ssize_t>(length), &point) > 0;
    if (valid && !acts_on_a_terminal(point)) {
      result += text.substr(i, length);
    } else {
      const auto value =
          valid ? static_cast<std::uint32_t>(point) : static_cast<unsigned char>(text[i]);
      result += value > 0xff ? "\\u" : "\\x";
      append_hex(result, value, value > 0xff ? 4 : 2);
    }
    i += length;
  }
  return result;
}

std::string nfc(std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &composed,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size)};
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Letter letter = first_letter(text.substr(i));
    columns += letter.columns;
    i += letter.bytes;
  }
  return columns;
}

std::string fitted(std::string_view text, std::size_t columns) {
  const std::string shown = shortened(text, columns);
  return shown + spaces_beside(shown, columns);
}

std::string fitted_right(std::string_view text, std::size_t columns) {
  const std::string shown = shortened(text, columns);
  return spaces_beside(shown, columns) + shown;
}

}  // namespace engraft::base
