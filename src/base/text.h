// Text for people: numbers as they read them, and names from files as a terminal may show them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engraft::base {

// 25557032 as "25,557,032", whatever the locale.
std::string grouped(std::int64_t count);

// "a, b, c and 4 more": the first `shown` of them.
std::string enumerated(std::span<const std::string> names, std::size_t shown = 6);

// A..Z to a..z, all other bytes as they are.
std::string lower_ascii(std::string_view text);

// Without spaces, tabs and ends of lines at its own ends.
std::string_view trim(std::string_view text);

// What stands between the separators, empty parts too: one more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator);

// Parts between commas, empty ones left out.
std::vector<std::string> split_at_commas(std::string_view text);

// As RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);

// Bytes that are no part of UTF-8 as \xE9, all else as it is: a file's name for json and people.
std::string escaped(std::string_view text);

// In Unicode's composed form (NFC), in which texts that look the same are the same: macOS writes
// names of files decomposed. What is not UTF-8 stays as it is.
std::string nfc(std::string_view text);

// For a terminal, which must act on nothing in a name: control characters, marks that turn the
// direction of writing, and bytes that are no part of UTF-8 as \x1b, \u202e and \xE9; ends of lines
// and tabs as they are.
std::string harmless(std::string_view text);

// For a message: what is not printable ASCII becomes "?", so that a terminal acts on none of it.
std::string printable(std::string_view text);

// How many columns of a terminal the text takes: 2 for a wide letter, 0 for an accent of its own.
std::size_t display_width(std::string_view text);

// The text in exactly `columns` columns: filled with spaces, or shortened with "…" at its end.
std::string fitted(std::string_view text, std::size_t columns);

// The same with the spaces in front.
std::string fitted_right(std::string_view text, std::size_t columns);

}  // namespace engraft::base
