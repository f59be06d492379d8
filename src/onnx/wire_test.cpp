#include "onnx/wire.h"

#include <gtest/gtest.h>

#include <vector>

#include "engraft/error.h"

namespace engraft::onnx {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

TEST(Fields, ReadsEveryKind) {
  // 1: 150 as in the encoding's own example; 2: "hi"; 3: 1.0F; 4: packed 1, 300; 5: eight bytes
  const auto message = bytes({0x08, 0x96, 0x01, 0x12, 2,    'h', 'i', 0x1d, 0, 0, 0x80, 0x3f, 0x22,
                              3,    1,    0xac, 0x02, 0x29, 1,   2,   3,    4, 5, 6,    7,    8});
  Fields field(message);
  ASSERT_TRUE(field.next());
  EXPECT_EQ(field.number(), 1U);
  EXPECT_EQ(field.integer(), 150);
  ASSERT_TRUE(field.next());
  EXPECT_EQ(field.text(), "hi");
  EXPECT_THROW(static_cast<void>(field.integer()), Error);
  ASSERT_TRUE(field.next());
  EXPECT_EQ(field.real(), 1.0F);
  ASSERT_TRUE(field.next());
  std::vector<std::int64_t> numbers;
  field.for_each_integer([&](std::int64_t one) { numbers.push_back(one); });
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 300}));
  ASSERT_TRUE(field.next());
  EXPECT_EQ(field.number(), 5U);
  EXPECT_FALSE(field.next());
}

TEST(Fields, RefusesWhatIsCutOff) {
  const std::vector<std::vector<std::byte>> damaged = {
      bytes({0x08}),               // no number after its key
      bytes({0x08, 0x80}),         // a number without its end
      bytes({0x12, 5, 'h', 'i'}),  // a string that is shorter than it says
      bytes({0x1d, 0, 0}),         // half a float
      bytes({0x0b}),               // a group, which nobody writes any more
      bytes({0x00, 0x01}),         // field number 0
      bytes({0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),  // 2^64 - 1 bytes
  };
  for (const auto& message : damaged) {
    Fields field(message);
    EXPECT_THROW(field.next(), Error);
  }
}

}  // namespace
}  // namespace engraft::onnx
