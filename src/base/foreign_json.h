// Json documents that anybody may have written. nlohmann's own parser takes any depth, over which
// copying and printing then recurse, and its conversions make some integer of 8e33, of 2.5 and of
// numbers beyond 64 bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace engraft::base {

// Throws nlohmann::json::parse_error, and Error for what is nested more than a hundred times.
nlohmann::json parse_json(std::string_view text);

// Throws Error for what is no whole number of 64 bits.
std::int64_t whole_number(const nlohmann::json& value);

// The value for a message: its beginning, in printable ASCII.
std::string shown(const nlohmann::json& value);

}  // namespace engraft::base
