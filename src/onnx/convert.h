// ONNX's operators as layers, one node after another.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/import.h"
#include "onnx/model.h"

namespace engraft::onnx {

bool is_supported(std::string_view type);
std::string supported_operators();  // "Add, AveragePool, ..."

class Conversion {
 public:
  // The input's channels are three; `initializers` are the numbers that nodes refer to by name.
  Conversion(const std::string& input, Pair size, std::map<std::string, Tensor> initializers);

  // The nodes that give its inputs have been added before. Throws Error naming the node.
  void add(const OnnxNode& node);

  // What does not lead to `output` is left out.
  ImportedNetwork finish(const std::string& output, const std::string& name) &&;

 private:
  friend struct Operators;

  // Channels in groups, N × groups × C/groups × H × W, on the way through a channel shuffle.
  struct Grouped {
    NodeId x;
    std::int64_t groups;
    bool swapped;  // the group's and the channel's dimensions
  };

  // A value with zeros around it, which the convolution or pooling that reads it adds itself.
  struct Padded {
    NodeId x;
    Pair padding;
  };
  Padded padded(const OnnxNode& node) const;  // the node's first input, with none where it has none

  using Parameters = std::vector<std::pair<std::string, Tensor>>;

  const Shape& shape(NodeId id) const { return shapes_[id]; }

  // Of a node's inputs; an Error where it is not what is asked for.
  bool is_constant(const OnnxNode& node, std::size_t input) const;
  NodeId value(const OnnxNode& node, std::size_t input = 0) const;
  const Tensor& constant(const OnnxNode& node, std::size_t input) const;
  std::vector<std::int64_t> integers(const OnnxNode& node, std::size_t input) const;
  std::vector<float> reals(const OnnxNode& node, std::size_t input) const;
  // From the attribute or, in newer opsets, the input of this place; empty where neither is there.
  std::vector<std::int64_t> list(const OnnxNode& node, const char* attribute,
                                 std::size_t input) const;

  // Appends a layer with these parameters; it is named after its first parameter's initializer
  // where that has a module's name, else after the node.
  NodeId append(const OnnxNode& node, Layer layer, std::vector<NodeId> inputs,
                const Parameters& parameters = {}, const std::string& initializer = "");
  void bind(const OnnxNode& node, NodeId id, std::size_t output = 0);
  void bind(const OnnxNode& node, Tensor constant);

  // x · scale + shift, one number a channel or one for all.
  NodeId append_affine(const OnnxNode& node, NodeId x, std::vector<float> scale,
                       std::vector<float> shift);

  std::string module_name(const OnnxNode& node, const std::string& initializer);

  Graph graph_;
  std::vector<Shape> shapes_;  // of each node's value, for one picture
  StateDict parameters_;
  std::map<std::string, NodeId> values_;
  std::map<std::string, Tensor> constants_;
  std::map<std::string, Grouped> grouped_;
  std::map<std::string, Padded> padded_;
};

// Numbers that do not depend on the picture: what the operator makes of constants, among them the
// shapes of values. Throws Error where it is none that is used for such.
Tensor fold_constants(const OnnxNode& node, const std::vector<Tensor>& inputs);

}  // namespace engraft::onnx
