// Recognises what exporters write out in small operators: GELU, layer norm, hard sigmoid and swish.
#pragma once

#include "onnx/model.h"

namespace engraft::onnx {

// Replaces them by one node each, of ONNX's own type where the opset has it (LayerNormalization,
// HardSigmoid, HardSwish), else of a type of the same manner (Gelu, Silu).
void fuse(OnnxModel& model);

}  // namespace engraft::onnx
