#include "image/exif.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace engraft::image {
namespace {

using std::string_view_literals::operator""sv;

int orientation_in(std::string_view block) {
  return exif_orientation(std::as_bytes(std::span(block.data(), block.size())));
}

constexpr std::string_view kLittle =
    "II*\0\x08\0\0\0\x02\0"
    "\x0F\x01\x02\0\x01\0\0\0a\0\0\0"
    "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"sv;
constexpr std::string_view kBig =
    "MM\0*\0\0\0\x08\0\x01"
    "\x01\x12\0\x03\0\0\0\x01\0\x08\0\0"sv;

TEST(ExifOrientation, IsReadInBothByteOrders) {
  EXPECT_EQ(orientation_in(kLittle), 6);
  EXPECT_EQ(orientation_in(kBig), 8);
  EXPECT_EQ(orientation_in(std::string("Exif\0\0"sv) + std::string(kBig)), 8);
}

TEST(ExifOrientation, IsOneForEveryCutBlock) {
  for (std::size_t length = 0; length < kLittle.size() - 3; ++length) {
    EXPECT_EQ(orientation_in(kLittle.substr(0, length)), 1) << length;
  }
}

TEST(ExifOrientation, IsOneForNonsense) {
  const std::string_view cases[] = {
      "II*\0\xFF\xFF\xFF\xFF\xFF\xFF"sv,                            // directory far outside
      "II*\0\x08\0\0\0\xFF\xFF"sv,                                  // too many entries
      "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0"sv,  // orientation 9
      "II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x01\0\0\0\x06\0\0\0"sv,  // as text
      "II+\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"sv,  // not 42
      "XX*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"sv,  // no byte order
  };
  for (const std::string_view block : cases) EXPECT_EQ(orientation_in(block), 1);
}

}  // namespace
}  // namespace engraft::image
