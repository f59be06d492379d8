// Writes a graph down as PyTorch code would: modules are opened and closed, layers are added to the
// open one, and channel counts are taken from what they are applied to.
//
//   GraphBuilder net("TinyNet", {32, 32});
//   Value x = net.input();
//   {
//     const auto features = net.open("features", "Sequential");
//     x = net.add(x, Conv2d{.out_channels = 8, .kernel = 3});  // features.0, 8 × 30 × 30
//     x = net.add(x, ReLU{});                                  // features.1
//   }
//   x = net.apply(Flatten{}, {x});
//   net.add("fc", x, Linear{.out_features = 10});
//   Graph graph = std::move(net).finish("tiny");
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace engraft::graph {

class GraphBuilder {
 public:
  // What a layer gives, to be handed to the next.
  struct Value {
    NodeId node = 0;
  };

  // The open module; closes it when it goes out of scope.
  class [[nodiscard]] Scope {
   public:
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

    // PyTorch registers children in the constructor's order, which can differ from the order of
    // use; names those children whose order matters, first to last; others follow.
    void order(std::initializer_list<std::string_view> children);

   private:
    friend class GraphBuilder;
    Scope(GraphBuilder& builder, std::vector<std::size_t> path);
    GraphBuilder& builder_;
    std::vector<std::size_t> path_;  // child indices from the root
  };

  GraphBuilder(std::string root_type, Pair input_size);

  Value input(std::int64_t channels = 3);

  Scope open(std::string name, std::string type);
  Scope open(std::string type);  // under the next number, as in a Sequential

  // Adds a module to the open one. Adding a name that the open module has already uses that module
  // once more (a shared ReLU); it must be without parameters.
  Value add(std::string name, Value x, Layer layer);
  Value add(Value x, Layer layer);  // under the next number, as in a Sequential

  // A function, which has no module.
  Value apply(Layer layer, std::vector<Value> inputs);

  // A layer whose parameters are the open module's own (MultiheadAttention's input projection), or
  // a parameter or buffer of it (Parameter and its like).
  Value own(std::string name, Value x, Layer layer);
  Value own(Layer layer);

  // A module that is printed and does nothing, or what a function does.
  void declare(std::string name, std::string type);

  std::int64_t channels(Value x) const { return shapes_[x.node][1]; }
  const base::Shape& shape(Value x) const { return shapes_[x.node]; }

  // The root's registration order, as Scope::order().
  void order(std::initializer_list<std::string_view> children);

  // The graph; the value added last gives the logits.
  Graph finish(std::string architecture) &&;

 private:
  Module& module_at(const std::vector<std::size_t>& path);
  Module& open_module() { return module_at(open_path_); }
  std::string open_path() const;
  std::string path_of(const std::string& child) const;
  Value append(std::string name, std::string module, Layer layer, std::vector<NodeId> inputs);

  Graph graph_;
  std::vector<base::Shape> shapes_;
  std::vector<std::size_t> open_path_;
};

using Value = GraphBuilder::Value;

}  // namespace engraft::graph
