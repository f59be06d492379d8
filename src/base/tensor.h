// A dense, contiguous, row-major array of numbers with a shape: how parameters, batches and
// features pass between Engraft's parts. Copies share the bytes; whoever builds a tensor fills it
// before handing it on, and once it is shared it is read only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace engraft::base {

enum class DType {
  kFloat32,
  kFloat64,
  kFloat16,
  kBFloat16,
  kInt64,
  kInt32,
  kInt16,
  kInt8,
  kUInt8,
  kBool
};

std::size_t size_in_bytes(DType dtype);
std::string to_string(DType dtype);  // "float32"

using Shape = std::vector<std::int64_t>;

// "[64, 3, 7, 7]"
std::string to_string(const Shape& shape);

// The number of elements, 1 for the empty shape. Throws Error on a negative extent or overflow.
std::int64_t element_count(const Shape& shape);

class Tensor {
 public:
  Tensor() = default;

  // Zero-filled. Throws Error where the size overflows.
  Tensor(DType dtype, Shape shape);

  // A view of bytes that `owner` keeps alive (a memory-mapped file, say). Throws Error unless
  // `bytes` has the size that shape and dtype say and is aligned for dtype.
  Tensor(DType dtype, Shape shape, std::shared_ptr<const void> owner,
         std::span<const std::byte> bytes);

  // Throws Error unless there are as many values as the shape says.
  static Tensor from(std::span<const float> values, Shape shape);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::int64_t elements() const { return elements_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

  // The elements. Throws Error for any type but float32.
  std::span<const float> floats() const;

  // The elements, to be filled by whoever made this tensor with Tensor(dtype, shape). Requires that
  // no copy shares them.
  std::span<std::byte> mutable_bytes();
  std::span<float> mutable_floats();

  // The same numbers under another shape. Throws Error unless that has as many elements.
  Tensor reshaped(Shape shape) const;

  // The same numbers as float32; shares the bytes where they are float32 already. Throws Error for
  // bool.
  Tensor as_float32() const;

 private:
  DType dtype_ = DType::kFloat32;
  Shape shape_{0};
  std::int64_t elements_ = 0;
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
  bool writable_ = false;
};

// A network's parameters and buffers by name, as PyTorch's state_dict.
using StateDict = std::map<std::string, Tensor>;

float half_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);  // rounds to nearest even
float bfloat16_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat16(float value);  // rounds to nearest even

}  // namespace engraft::base
