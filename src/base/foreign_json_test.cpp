#include "base/foreign_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "engraft/error.h"

namespace engraft::base {
namespace {

using nlohmann::json;

TEST(WholeNumber, IsReadWhereItIsOne) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-7}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(whole_number(json(number)), number);
  }
}

TEST(WholeNumber, OtherValuesAreErrors) {
  for (const char* text : {"8e33", "-8e33", "2.5", "1.0", "18446744073709551615", "true", "null",
                           "\"7\"", "[1]", "{\"a\": 1}"}) {
    EXPECT_THROW(whole_number(json::parse(text)), Error) << text;
  }
}

TEST(ParseJson, TakesWhatIsNotNestedTooDeeply) {
  const auto nested = [](int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return std::string(count, '[') + std::string(count, ']');
  };
  EXPECT_TRUE(parse_json(nested(100)).is_array());
  EXPECT_THROW(parse_json(nested(102)), Error);
  EXPECT_THROW(parse_json(nested(5'000'000)), Error);
  EXPECT_THROW(parse_json("{\"a\": "), json::exception);
  EXPECT_EQ(parse_json("{\"a\": [1, {\"b\": null}]}")["a"][0], 1);
}

TEST(Shown, IsShortAndPrintable) {
  EXPECT_EQ(shown(json(8e33)), "8e+33");
  EXPECT_EQ(shown(json("\x1b[2J")), "\"\\u001b[2J\"");
  EXPECT_EQ(shown(json::array({1, 2})), "a list");
  EXPECT_LT(shown(json(std::string(1000, 'a'))).size(), 100U);
}

}  // namespace
}  // namespace engraft::base
