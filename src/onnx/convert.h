// ONNX's operators as layers, one node after another.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/import.h"
#include "onnx/model.h"

namespace engraft::onnx {

bool is_supported(std::string_view type);
std::string supported_operators();  // "Add, AveragePool, ..."

// How many numbers may be made of a file's constants: a few times as many as they are. Shapes are
// computed by chains of operators on a few numbers, and matrices are transposed once for each layer
// that has them; a malicious file could join a constant with itself over and over.
class NumberBudget {
 public:
  void add_constant(const base::Tensor& constant) { left_ += kTimes * constant.elements(); }
  // Throws Error where these are too many.
  void spend(std::int64_t numbers);

 private:
  static constexpr std::int64_t kFew = 1 << 20;
  static constexpr std::int64_t kTimes = 8;
  std::int64_t left_ = kFew;
};

class Conversion {
 public:
  // The input's channels are three; `initializers` are the numbers that nodes refer to by name.
  Conversion(const std::string& input, graph::Pair size,
             std::map<std::string, base::Tensor> initializers);

  // The nodes that give its inputs have been added before. Throws Error naming the node.
  void add(const OnnxNode& node);

  // What does not lead to `output` is left out.
  ImportedNetwork finish(const std::string& output, const std::string& name) &&;

 private:
  friend struct Operators;

  // Channels in groups, N × groups × C/groups × H × W, on the way through a channel shuffle.
  struct Grouped {
    graph::NodeId x;
    std::int64_t groups;
    bool swapped;  // the group's and the channel's dimensions
  };

  // A value with zeros around it, which the convolution or pooling that reads it adds itself.
  struct Padded {
    graph::NodeId x;
    graph::Pair padding;
  };
  Padded padded(const OnnxNode& node) const;  // the node's first input, with none where it has none
  const Grouped* grouped(const OnnxNode& node) const;  // its first input; null where it is none

  using Parameters = std::vector<std::pair<std::string, base::Tensor>>;

  const base::Shape& shape(graph::NodeId id) const { return shapes_[id]; }

  // Of a node's inputs; an Error where it is not what is asked for.
  bool is_constant(const OnnxNode& node, std::size_t input) const;
  graph::NodeId value(const OnnxNode& node, std::size_t input = 0) const;
  const base::Tensor& constant(const OnnxNode& node, std::size_t input) const;
  base::Tensor floats(const OnnxNode& node, std::size_t input);      // a constant as float32
  base::Tensor transposed(const OnnxNode& node, std::size_t input);  // one of two dimensions
  std::vector<std::int64_t> integers(const OnnxNode& node, std::size_t input) const;
  std::vector<float> reals(const OnnxNode& node, std::size_t input) const;
  float number(const OnnxNode& node, std::size_t input) const;  // the one that it is
  // A constant that is combined with x number by number: one number, or one for each place along
  // one of x's dimensions. Shapes are aligned at their ends, as ONNX broadcasts.
  struct Operand {
    std::vector<float> numbers;
    std::size_t dimension;  // of x; any for one number
  };
  Operand operand(const OnnxNode& node, std::size_t input, graph::NodeId x) const;
  std::vector<float> per_channel(const OnnxNode& node, std::size_t input, graph::NodeId x) const;
  // From the attribute or, in newer opsets, the input of this place; empty where neither is there.
  std::vector<std::int64_t> list(const OnnxNode& node, const char* attribute,
                                 std::size_t input) const;

  // Appends a layer with these parameters; it is named after its first parameter's initializer
  // where that has a module's name, else after the node.
  graph::NodeId append(const OnnxNode& node, graph::Layer layer, std::vector<graph::NodeId> inputs,
                       const Parameters& parameters = {}, const std::string& initializer = "");
  void bind(const OnnxNode& node, graph::NodeId id, std::size_t output = 0);
  void bind(const OnnxNode& node, base::Tensor constant);
  void bind(const OnnxNode& node, const Grouped& group);

  // x · scale + shift, one number a channel or one for all.
  graph::NodeId append_affine(const OnnxNode& node, graph::NodeId x, std::vector<float> scale,
                              std::vector<float> shift);

  std::string module_name(const OnnxNode& node, const std::string& initializer);
  std::string beside_modules(std::string name) const;
  bool is_taken(const std::string& name) const;

  graph::Graph graph_;
  std::vector<base::Shape> shapes_;  // of each node's value, for one picture
  base::StateDict parameters_;
  std::map<std::string, graph::NodeId> values_;
  std::map<std::string, base::Tensor> constants_;
  NumberBudget made_;
  std::map<std::string, Grouped> grouped_;
  std::map<std::string, Padded> padded_;
  std::set<std::string> names_;             // of all nodes
  std::set<std::string> modules_;           // of those with parameters
  std::map<std::string, int> next_number_;  // to be tried behind a name that is taken
};

// Numbers that do not depend on the picture: what the operator makes of constants, among them the
// shapes of values. Throws Error where it is none that is used for such.
base::Tensor fold_constants(const OnnxNode& node, const std::vector<base::Tensor>& inputs,
                            NumberBudget& budget);

}  // namespace engraft::onnx
