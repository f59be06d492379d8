// The safetensors format (https://huggingface.co/docs/safetensors): an 8-byte header length, a JSON
// header, and the tensors' bytes, which tile the rest of the file exactly.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "weights/weight_file.h"

namespace engraft::weights {

// The tensors share the mapped file's memory. Throws Error.
WeightFile read_safetensors(const base::Path& path);

// The same from bytes that `owner` keeps alive; `name` stands in messages. (Embedded models, tests,
// fuzzing.)
WeightFile parse_safetensors(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                             const std::string& name);

// Writes atomically, byte for byte as the reference implementation: by type (I64, F64, F32, I32,
// BF16, F16, I16, I8, U8, BOOL), then name. Names and metadata must be UTF-8. Throws Error.
void write_safetensors(const base::Path& path, const base::StateDict& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace engraft::weights
