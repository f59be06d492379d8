#include "onnx/wire.h"

#include <bit>
#include <cstring>

#include "engraft/error.h"

namespace engraft::onnx {
namespace {

[[noreturn]] void fail() { throw Error("no valid ONNX file: it is damaged or cut off"); }

}  // namespace

bool Fields::next() {
  if (rest_.empty()) return false;
  const std::uint64_t key = varint();
  number_ = static_cast<std::uint32_t>(key >> 3U);
  type_ = static_cast<std::uint32_t>(key & 7U);
  if (number_ == 0 || key >> 32U != 0) fail();
  bytes_ = {};
  switch (type_) {
    case kVarint:
      scalar_ = varint();
      return true;
    case kFixed64:
      scalar_ = fixed(8);
      return true;
    case kFixed32:
      scalar_ = fixed(4);
      return true;
    case kBytes:
      bytes_ = take(varint());
      return true;
    default:
      fail();
  }
}

std::int64_t Fields::integer() const {
  if (type_ != kVarint) fail();
  return static_cast<std::int64_t>(scalar_);
}

float Fields::real() const {
  if (type_ != kFixed32) fail();
  return std::bit_cast<float>(static_cast<std::uint32_t>(scalar_));
}

std::span<const std::byte> Fields::bytes() const {
  if (type_ != kBytes) fail();
  return bytes_;
}

std::string_view Fields::text() const {
  const std::span<const std::byte> value = bytes();
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

std::uint64_t Fields::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(take(1)[0]);
    value |= (byte & 0x7FU) << shift;
    if (byte < 0x80U) return value;
  }
  fail();
}

std::uint64_t Fields::fixed(std::size_t size) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t value = 0;
  std::memcpy(&value, take(size).data(), size);
  return value;
}

std::span<const std::byte> Fields::take(std::uint64_t count) {
  if (count > rest_.size()) fail();
  const auto front = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(static_cast<std::size_t>(count));
  return front;
}

}  // namespace engraft::onnx
