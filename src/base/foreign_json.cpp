#include "base/foreign_json.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::base {
namespace {

using nlohmann::json;

// Of lists and objects within each other; what this program writes has ten times fewer.
constexpr int kDeepest = 100;
constexpr std::size_t kMostShown = 60;  // letters of a value in a message

}  // namespace

json parse_json(std::string_view text) {
  return json::parse(text, [](int depth, json::parse_event_t /*event*/, const json& /*parsed*/) {
    if (depth > kDeepest) throw Error("its lists and objects are nested too deeply");
    return true;
  });
}

std::int64_t whole_number(const json& value) {
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() ||
                     value.get<std::uint64_t>() <=
                         static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits) throw Error(shown(value) + " is no whole number");
  return value.get<std::int64_t>();
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return printable(text.substr(0, kMostShown)) + (text.size() > kMostShown ? "..." : "");
}

}  // namespace engraft::base
