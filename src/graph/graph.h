// A network as data: nodes in execution order, and the tree of modules that gives them PyTorch's
// names. One graph serves inference, training, printing and export; passes return a new graph.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "graph/layer.h"

namespace engraft::graph {

// An index into Graph::nodes.
using NodeId = std::size_t;

struct Node {
  // Unique, as torch.fx names it: the module's path ("layer1.0.conv1"), "_1" added where a module
  // is used again; for a function, the path of the module that calls it and its name
  // ("layer1.0.add").
  std::string name;
  // The path of the module that holds the parameters; empty for a function and for the root's own.
  std::string module;
  Layer layer;
  std::vector<NodeId> inputs;  // all smaller than the node's own index
};

// A module of the printed tree.
struct Module {
  std::string name;              // last part of its path: "conv1"; empty for the root
  std::string type;              // "BasicBlock"; for a leaf the layer's type name
  std::vector<Module> children;  // in PyTorch's order of registration
  std::string description;       // of a leaf, as PyTorch prints it
};

struct Graph {
  std::string architecture;  // "resnet18"
  Pair input_size;           // the height and width that it was trained with
  std::vector<Node> nodes;   // node 0 is the Input, the last one gives the logits
  Module root;

  NodeId output() const { return nodes.size() - 1; }
};

// Throws Error unless the graph can be computed: node 0 and no other is the Input, nodes have names
// of their own and read earlier ones, layers are valid and fit together for pictures of the graph's
// own size, and what does not depend on the picture stands only where parameters belong.
void validate(const Graph& graph);

// Throws Error unless it gives class_count(graph) logits for a picture of this size: N × classes.
// Whatever a file, a new number of classes or other pictures have made of it.
void require_logits(const Graph& graph, Pair size);

// For each node whether the logits depend on it. Auxiliary heads (GoogLeNet's, Inception's) are
// part of a network and of its state_dict, but what they give is used by training from scratch
// only.
std::vector<bool> nodes_in_use(const Graph& graph);

// A parameter or buffer of a network under its full name: "layer1.0.conv1.weight".
struct NamedParameter {
  std::string name;
  base::Shape shape;
  ParameterKind kind = ParameterKind::kParameter;
  base::DType dtype = base::DType::kFloat32;
  NodeId node = 0;
};

// Under which the parameter is stored.
std::string full_name(const Node& node, const ParameterSpec& parameter);

// All of them, in state_dict's order (which is named_parameters()'s where buffers are left out).
std::vector<NamedParameter> named_parameters(const Graph& graph);

// Paths of all modules in named_modules()'s order, the root's ("") left out.
std::vector<std::string> named_modules(const Graph& graph);

// The shape of each node's output for a batch of N × C × H × W. Throws Error where the input is too
// small for the network.
std::vector<base::Shape> infer_shapes(const Graph& graph, std::int64_t batch, Pair size);

// For one picture of the graph's own input size.
struct Cost {
  std::int64_t parameters = 0;  // that can learn
  std::int64_t multiply_adds = 0;
};
Cost cost_of(const Graph& graph);

// The last linear layer or convolution that the logits depend on: what becomes the head for other
// classes.
NodeId head_of(const Graph& graph);

// The number of classes that the head distinguishes.
std::int64_t class_count(const Graph& graph);

// The same network with a head for `classes` classes; auxiliary heads likewise.
Graph with_classes(const Graph& graph, std::int64_t classes);

// The same network with position embeddings for this grid of patches, and the picture's size that
// goes with it (vision transformers; others are unchanged).
Graph with_grid(const Graph& graph, Pair grid);

// The module tree in PyTorch's manner, each layer with its output's shape (for one picture of the
// graph's own input size) and its parameter count, totals at the end.
std::string print_graph(const Graph& graph);

}  // namespace engraft::graph
