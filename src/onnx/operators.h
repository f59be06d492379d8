// What each of ONNX's operators becomes: https://github.com/onnx/onnx/blob/main/docs/Operators.md
#pragma once

#include <map>
#include <string>

#include "onnx/convert.h"

namespace engraft::onnx {

struct Operators {
  using Convert = void (*)(Conversion&, const OnnxNode&);
  static const std::map<std::string, Convert>& table();

  // Layers (layers.cpp).
  static void conv(Conversion& to, const OnnxNode& node);
  static void gemm(Conversion& to, const OnnxNode& node);
  static void matmul(Conversion& to, const OnnxNode& node);
  static void batch_norm(Conversion& to, const OnnxNode& node);
  static void layer_norm(Conversion& to, const OnnxNode& node);
  static void max_pool(Conversion& to, const OnnxNode& node);
  static void average_pool(Conversion& to, const OnnxNode& node);
  static void global_average_pool(Conversion& to, const OnnxNode& node);
  static void reduce_mean(Conversion& to, const OnnxNode& node);
  static void clip(Conversion& to, const OnnxNode& node);
  static void hard_sigmoid(Conversion& to, const OnnxNode& node);
  static void add(Conversion& to, const OnnxNode& node);
  static void subtract(Conversion& to, const OnnxNode& node);
  static void multiply(Conversion& to, const OnnxNode& node);
  static void divide(Conversion& to, const OnnxNode& node);
  template <typename Activation>
  static void activation(Conversion& to, const OnnxNode& node) {
    to.bind(node, to.append(node, Activation{}, {to.value(node)}));
  }

  // What moves numbers (rearranging.cpp).
  static void identity(Conversion& to, const OnnxNode& node);
  static void pad(Conversion& to, const OnnxNode& node);
  static void softmax(Conversion& to, const OnnxNode& node);
  static void sigmoid(Conversion& to, const OnnxNode& node);
  static void cast(Conversion& to, const OnnxNode& node);
  static void constant(Conversion& to, const OnnxNode& node);
  static void shape(Conversion& to, const OnnxNode& node);
  static void flatten(Conversion& to, const OnnxNode& node);
  static void reshape(Conversion& to, const OnnxNode& node);
  static void squeeze(Conversion& to, const OnnxNode& node);
  static void unsqueeze(Conversion& to, const OnnxNode& node);
  static void transpose(Conversion& to, const OnnxNode& node);
  static void concat(Conversion& to, const OnnxNode& node);
  static void split(Conversion& to, const OnnxNode& node);
  static void slice(Conversion& to, const OnnxNode& node);
  static void gather(Conversion& to, const OnnxNode& node);
  static void unsupported(Conversion& to, const OnnxNode& node);
};

// The attribute's number, or what the operator says where it is left out.
std::int64_t integer(const OnnxNode& node, const char* attribute, std::int64_t otherwise);
float real(const OnnxNode& node, const char* attribute, float otherwise);

}  // namespace engraft::onnx
