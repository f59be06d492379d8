// Exported classification networks as backbones: an ONNX graph as one of ours.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "base/tensor.h"
#include "graph/graph.h"

namespace engraft::onnx {

enum class OutputKind {
  kLogits,   // of classes of which one is right; a Softmax behind them is left out
  kSigmoid,  // a Sigmoid stood behind them, which is left out: each output says yes or no
};

struct ImportedNetwork {
  graph::Graph graph;  // named after the file; its last Gemm, MatMul or Conv is the head
  base::StateDict parameters;
  OutputKind output = OutputKind::kLogits;
  // Where the graph begins by normalising pictures itself: the range of values that it takes for
  // that, 1 (0 to 1) or 255 (0 to 255). 0: it does not.
  int input_range = 0;
};

// Reads a network of opset 9 to 17 with one input N × 3 × H × W (224 × 224 where left open), whose
// first output gives the logits. Shapes are computed for one picture: any batch size works. Throws
// Error naming the file, and the operators that are not supported.
ImportedNetwork import_onnx(const base::Path& path);

// The same from a file's bytes, which `owner` keeps; the graph is named `name`. Errors name no
// file.
ImportedNetwork import_onnx(std::span<const std::byte> file,
                            const std::shared_ptr<const void>& owner, const std::string& name);

}  // namespace engraft::onnx
