#include "base/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

#include "engraft/error.h"

namespace engraft::base {
namespace {

std::size_t checked_bytes(DType dtype, std::int64_t elements) {
  const auto size = static_cast<std::uint64_t>(elements);
  if (size > std::numeric_limits<std::size_t>::max() / size_in_bytes(dtype)) {
    throw Error(fmt::format("a tensor of {} elements is too large", elements));
  }
  return static_cast<std::size_t>(size) * size_in_bytes(dtype);
}

// Shapes and types come from files, so that a mismatch is an Error in every build.
void require_float32(DType dtype) {
  if (dtype != DType::kFloat32) {
    throw Error("a " + to_string(dtype) + " tensor stands where float32 is needed");
  }
}

template <typename T>
T element(std::span<const std::byte> bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void convert(std::span<const std::byte> bytes, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(element<T>(bytes, i));
}

}  // namespace

std::size_t size_in_bytes(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
    case DType::kInt64:
      return 8;
    case DType::kFloat32:
    case DType::kInt32:
      return 4;
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kInt16:
      return 2;
    case DType::kInt8:
    case DType::kUInt8:
    case DType::kBool:
      return 1;
  }
  return 0;
}

std::string to_string(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
    case DType::kFloat16:
      return "float16";
    case DType::kBFloat16:
      return "bfloat16";
    case DType::kInt64:
      return "int64";
    case DType::kInt32:
      return "int32";
    case DType::kInt16:
      return "int16";
    case DType::kInt8:
      return "int8";
    case DType::kUInt8:
      return "uint8";
    case DType::kBool:
      return "bool";
  }
  return "";
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) {
      throw Error("a tensor cannot have the shape " + to_string(shape));
    }
  }
  return count;
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), elements_(element_count(shape_)), writable_(true) {
  const std::size_t size = checked_bytes(dtype, elements_);
  // 64-byte alignment serves every vector width.
  const std::shared_ptr<std::byte> memory(
      static_cast<std::byte*>(::operator new (size, std::align_val_t{64})),
      [](std::byte* p) { ::operator delete (p, std::align_val_t{64}); });
  std::memset(memory.get(), 0, size);
  bytes_ = {memory.get(), size};
  owner_ = memory;
}

Tensor::Tensor(DType dtype, Shape shape, std::shared_ptr<const void> owner,
               std::span<const std::byte> bytes)
    : dtype_(dtype),
      shape_(std::move(shape)),
      elements_(element_count(shape_)),
      owner_(std::move(owner)),
      bytes_(bytes) {
  if (bytes.size() != checked_bytes(dtype, elements_)) {
    throw Error(fmt::format("{} bytes are no {} tensor of shape {}", bytes.size(), to_string(dtype),
                            to_string(shape_)));
  }
  if (std::bit_cast<std::uintptr_t>(bytes.data()) % size_in_bytes(dtype) != 0) {
    throw Error(fmt::format("a {} tensor begins at an odd place in memory", to_string(dtype)));
  }
}

Tensor Tensor::from(std::span<const float> values, Shape shape) {
  Tensor tensor(DType::kFloat32, std::move(shape));
  if (tensor.elements() != static_cast<std::int64_t>(values.size())) {
    throw Error(fmt::format("{} numbers are no tensor of shape {}", values.size(),
                            to_string(tensor.shape())));
  }
  if (!values.empty())
    std::memcpy(tensor.mutable_bytes().data(), values.data(), values.size_bytes());
  return tensor;
}

std::span<const float> Tensor::floats() const {
  require_float32(dtype_);
  return {reinterpret_cast<const float*>(bytes_.data()), static_cast<std::size_t>(elements_)};
}

std::span<std::byte> Tensor::mutable_bytes() {
  assert(writable_ && owner_.use_count() == 1);
  return {const_cast<std::byte*>(bytes_.data()), bytes_.size()};
}

std::span<float> Tensor::mutable_floats() {
  require_float32(dtype_);
  return {reinterpret_cast<float*>(mutable_bytes().data()), static_cast<std::size_t>(elements_)};
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor result = *this;
  if (element_count(shape) != elements_) {
    throw Error(fmt::format("a tensor of shape {} cannot take the shape {}", to_string(shape_),
                            to_string(shape)));
  }
  result.shape_ = std::move(shape);
  return result;
}

Tensor Tensor::as_float32() const {
  if (dtype_ == DType::kFloat32) return *this;
  Tensor result(DType::kFloat32, shape_);
  const std::span<float> out = result.mutable_floats();
  switch (dtype_) {
    case DType::kFloat64:
      convert<double>(bytes_, out);
      break;
    case DType::kInt64:
      convert<std::int64_t>(bytes_, out);
      break;
    case DType::kInt32:
      convert<std::int32_t>(bytes_, out);
      break;
    case DType::kInt16:
      convert<std::int16_t>(bytes_, out);
      break;
    case DType::kInt8:
      convert<std::int8_t>(bytes_, out);
      break;
    case DType::kUInt8:
      convert<std::uint8_t>(bytes_, out);
      break;
    case DType::kFloat16:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = half_to_float(element<std::uint16_t>(bytes_, i));
      }
      break;
    case DType::kBFloat16:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = bfloat16_to_float(element<std::uint16_t>(bytes_, i));
      }
      break;
    default:
      throw Error("cannot turn a " + to_string(dtype_) + " tensor into float32");
  }
  return result;
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13));
  if (exponent != 0) {
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;  // subnormal or zero
  return sign != 0 ? -magnitude : magnitude;
}

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);  // NaN
  if (magnitude >= 0x47800000U) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (magnitude < 0x38800000U) {  // subnormal: let the float adder round at 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000U));
  }
  const std::uint32_t odd = (magnitude >> 13) & 1U;
  return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000U + 0xfffU + odd) >> 13));
}

float bfloat16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

}  // namespace engraft::base
