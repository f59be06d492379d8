// An ONNX file's content as plain values: https://github.com/onnx/onnx/blob/main/docs/IR.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace engraft::onnx {

struct Attribute {
  std::int64_t integer = 0;
  float real = 0;
  std::string text;
  std::vector<std::int64_t> integers;
  std::vector<float> reals;
  base::Tensor tensor;
};

struct OnnxNode {
  std::string type;  // "Conv"
  std::string name;
  std::string domain;
  std::vector<std::string> inputs;   // values by name; empty for an optional one that is left out
  std::vector<std::string> outputs;  // one at least
  std::map<std::string, Attribute> attributes;
  bool is_last = false;  // a softmax or sigmoid behind the logits (ends.h)
};

struct OnnxModel {
  std::int64_t opset = 0;
  std::vector<OnnxNode> nodes;  // in an order in which they can be computed
  std::map<std::string, base::Tensor> initializers;
  std::vector<std::string> inputs;  // initializers left out
  std::vector<std::string> outputs;
  std::vector<std::int64_t> input_shape;  // of the first input; 0 where it is left open
  std::int64_t input_type = 0;            // of the first input, by ONNX's numbers: 1 is float32
};

// Tensors share the file's memory, which `owner` keeps, where they can. Throws Error.
OnnxModel parse_onnx(std::span<const std::byte> file, const std::shared_ptr<const void>& owner);

}  // namespace engraft::onnx
