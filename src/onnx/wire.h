// Protocol buffers' wire format, read in place:
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace engraft::onnx {

// The fields of one message, one after another. Nothing is copied. All members throw Error where
// the bytes are no message or a field is not what was asked for.
class Fields {
 public:
  explicit Fields(std::span<const std::byte> message) : rest_(message) {}

  // Moves to the next field; false at the end.
  bool next();

  std::uint32_t number() const { return number_; }

  std::int64_t integer() const;
  float real() const;
  std::span<const std::byte> bytes() const;  // of a string, a message, or packed numbers
  std::string_view text() const;

  // The numbers of a repeated field: of this one occurrence, packed or single.
  template <typename Visit>
  void for_each_integer(const Visit& visit) const {
    if (type_ != kBytes) return visit(integer());
    for (Fields packed(bytes_); !packed.rest_.empty();) {
      visit(static_cast<std::int64_t>(packed.varint()));
    }
  }
  template <typename Visit>
  void for_each_real(const Visit& visit) const {
    if (type_ != kBytes) return visit(real());
    for (Fields packed(bytes_); !packed.rest_.empty();) {
      packed.scalar_ = packed.fixed(sizeof(float));
      packed.type_ = kFixed32;
      visit(packed.real());
    }
  }

 private:
  enum Type : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  std::uint64_t varint();
  std::uint64_t fixed(std::size_t size);
  std::span<const std::byte> take(std::uint64_t count);

  std::span<const std::byte> rest_;
  std::uint32_t number_ = 0;
  std::uint32_t type_ = 0;
  std::uint64_t scalar_ = 0;
  std::span<const std::byte> bytes_;
};

}  // namespace engraft::onnx
