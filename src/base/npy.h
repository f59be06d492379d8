// NumPy's .npy format, version 1.0: what any tool of the field opens.
#pragma once

#include <span>

#include "base/file.h"
#include "base/tensor.h"

namespace engraft::base {

// Writes a float32 tensor atomically. Throws Error.
void write_npy(const Path& path, const Tensor& tensor);

// The same of numbers that fill `shape`.
void write_npy(const Path& path, std::span<const float> values, const Shape& shape);

}  // namespace engraft::base
