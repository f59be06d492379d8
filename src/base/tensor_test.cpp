#include "base/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "engraft/error.h"

namespace engraft::base {
namespace {

TEST(Tensor, IsZeroFilledAndAligned) {
  const Tensor tensor(DType::kFloat32, {2, 3});
  EXPECT_EQ(tensor.elements(), 6);
  EXPECT_EQ(std::bit_cast<std::uintptr_t>(tensor.bytes().data()) % 64, 0U);
  for (const float value : tensor.floats()) EXPECT_EQ(value, 0);
}

TEST(Tensor, EmptyShapeIsOneElement) {
  EXPECT_EQ(Tensor(DType::kInt64, Shape{}).bytes().size(), 8U);
}

TEST(Tensor, RefusesSizesThatOverflow) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max() / 2;
  EXPECT_THROW(element_count({huge, 3}), Error);
  EXPECT_THROW(element_count({-1}), Error);
  EXPECT_THROW(Tensor(DType::kFloat64, {huge}), Error);
}

TEST(Tensor, HalfPrecisionRoundTripsEveryValue) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(value))));
    } else {
      ASSERT_EQ(float_to_half(value), bits);
    }
  }
}

TEST(Tensor, HalfPrecisionRoundsToNearestEven) {
  EXPECT_EQ(float_to_half(1.0F), 0x3c00);
  EXPECT_EQ(float_to_half(65504.0F), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0F), 0x7c00);             // rounds up to infinity
  EXPECT_EQ(float_to_half(1.0F + 0x1p-11F), 0x3c00);      // a tie, to even
  EXPECT_EQ(float_to_half(1.0F + 3 * 0x1p-11F), 0x3c02);  // a tie, to even
  EXPECT_EQ(float_to_half(0x1p-24F), 0x0001);
  EXPECT_EQ(float_to_half(0x1p-25F), 0x0000);
  EXPECT_EQ(float_to_half(-0x1.8p-25F), 0x8001);
}

TEST(Tensor, Bfloat16RoundTripsEveryValue) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = bfloat16_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_bfloat16(value), bits);
  }
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(std::nanf("")))));
  EXPECT_EQ(float_to_bfloat16(1.0F + 0x1p-8F), 0x3f80);  // a tie, to even
}

TEST(Tensor, ConvertsIntegersToFloat) {
  Tensor tensor(DType::kInt16, {2});
  const std::int16_t values[2] = {-5, 300};
  std::copy_n(reinterpret_cast<const std::byte*>(values), 4, tensor.mutable_bytes().begin());
  const Tensor floats = tensor.as_float32();
  EXPECT_EQ(floats.floats()[0], -5);
  EXPECT_EQ(floats.floats()[1], 300);
  EXPECT_THROW((void)Tensor(DType::kBool, {1}).as_float32(), Error);
}

// Shapes and types come from files: in a release build, too, nothing is read past the end.
TEST(Tensor, RefusesShapesAndTypesThatItHasNot) {
  const Tensor tensor = Tensor::from(std::vector<float>{1, 2, 3}, {3});
  EXPECT_EQ(tensor.reshaped({1, 3}).shape(), (Shape{1, 3}));
  EXPECT_THROW(tensor.reshaped({4}), Error);
  EXPECT_THROW(tensor.reshaped({-3}), Error);
  EXPECT_THROW(Tensor::from(std::vector<float>{1, 2, 3}, {4}), Error);
  EXPECT_THROW(Tensor(DType::kInt64, {3}).floats(), Error);
  EXPECT_THROW(Tensor(DType::kInt64, {3}).mutable_floats(), Error);
  EXPECT_THROW(Tensor(DType::kFloat32, {4}, nullptr, tensor.bytes()), Error);
  EXPECT_THROW(Tensor(DType::kFloat32, {2}, nullptr, tensor.bytes().subspan(1, 8)), Error);
}

}  // namespace
}  // namespace engraft::base
