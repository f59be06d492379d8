// The JSON header of a safetensors file as a list of tensors and the metadata. It is read event by
// event, so that a key that stands twice is seen and nothing but the expected structure is ever
// built.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"

namespace engraft {

// The names of the dtypes, in the order in which the reference implementation lays tensors out.
struct SafetensorsType {
  DType dtype;
  const char* name;
};
inline constexpr std::array<SafetensorsType, 10> kSafetensorsTypes = {{{DType::kInt64, "I64"},
                                                                       {DType::kFloat64, "F64"},
                                                                       {DType::kFloat32, "F32"},
                                                                       {DType::kInt32, "I32"},
                                                                       {DType::kBFloat16, "BF16"},
                                                                       {DType::kFloat16, "F16"},
                                                                       {DType::kInt16, "I16"},
                                                                       {DType::kInt8, "I8"},
                                                                       {DType::kUInt8, "U8"},
                                                                       {DType::kBool, "BOOL"}}};

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::uint64_t begin = 0;  // in the bytes after the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // by place; they tile the bytes without hole or overlap
  std::map<std::string, std::string> metadata;

  // How many bytes the tensors take.
  std::uint64_t data_size() const { return entries.empty() ? 0 : entries.back().end; }
};

// Throws Error, its message without the file's name: what is wrong.
SafetensorsHeader parse_safetensors_header(std::string_view text);

}  // namespace engraft
