// What an exported network does before and after what classifies: exporters and their users put the
// normalisation of pictures before it, and softmax or sigmoid behind it.
#pragma once

#include "onnx/import.h"
#include "onnx/model.h"

namespace engraft::onnx {

// Leaves out what the first output does not need, and marks a Softmax, LogSoftmax or Sigmoid behind
// which only shapes change as last. Says which kind of output that makes.
OutputKind mark_ending(OnnxModel& model);

// Whether the network begins by normalising the picture's values (Sub, Div, Mul, Add with
// constants, Cast), and if so, for which range of values: 1 for 0 to 1, 255 for 0 to 255. 0 where
// it does not, or where it takes values of another kind. Requires that mark_ending() was called.
int input_range(const OnnxModel& model);

}  // namespace engraft::onnx
