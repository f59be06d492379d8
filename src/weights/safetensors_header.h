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

namespace engraft::weights {

// The names of the dtypes, in the order in which the reference implementation lays tensors out.
struct SafetensorsType {
  base::DType dtype;
  const char* name;
};
inline constexpr std::array<SafetensorsType, 10> kSafetensorsTypes = {
    {{base::DType::kInt64, "I64"},
     {base::DType::kFloat64, "F64"},
     {base::DType::kFloat32, "F32"},
     {base::DType::kInt32, "I32"},
     {base::DType::kBFloat16, "BF16"},
     {base::DType::kFloat16, "F16"},
     {base::DType::kInt16, "I16"},
     {base::DType::kInt8, "I8"},
     {base::DType::kUInt8, "U8"},
     {base::DType::kBool, "BOOL"}}};

struct SafetensorsEntry {
  std::string name;
  base::DType dtype = base::DType::kFloat32;
  base::Shape shape;
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

}  // namespace engraft::weights
