// Text on its way into the page. Names of files and classes come from whoever made the data set and
// may hold anything: markup, broken UTF-8, control characters. All of it passes through here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "data/dataset.h"

namespace engraft::report {

// Safe between tags and within quoted attributes: & < > " ' become references; what is not UTF-8,
// and control characters, become U+FFFD.
std::string escape_html(std::string_view text);

// Escaped and isolated, so that a name written from right to left does not turn what stands beside
// it: for a name from the data set between tags.
std::string name_html(std::string_view text);

// A data set's own name, as plain text: the last part of its path.
std::string data_name(std::string_view data);

// "97.39 %"; `digits` after the point.
std::string percent_text(double percent, int digits = 2);

// "1 picture", "1,240 pictures"; the plural is `noun` + "s" unless given.
std::string counted(std::int64_t count, std::string_view noun, std::string_view plural = {});

// A <dl class="facts"> of terms and descriptions. Terms are plain text, descriptions are HTML;
// those with an empty description are left out.
std::string facts_html(std::span<const std::pair<std::string, std::string>> facts);

// A list of files with reasons, the rest of a long one as a number: "and 12 more".
std::string file_list_html(std::span<const data::Skipped> files);

}  // namespace engraft::report
