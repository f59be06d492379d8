// The module tree as PyTorch prints it, with notes.
#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "graph/graph.h"

namespace engraft::graph {
namespace {

// What there is to say about one module.
struct Facts {
  base::Shape output;  // of the first layer that it computes, with the batch
  std::int64_t parameters = 0;
};

std::map<std::string, Facts> facts_by_module(const Graph& graph) {
  const std::vector<base::Shape> shapes = infer_shapes(graph, 1, graph.input_size);
  std::map<std::string, Facts> result;
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    const std::vector<ParameterSpec> specs = parameters_of(node.layer);
    if (node.module.empty() && specs.empty()) continue;
    Facts& facts = result.try_emplace(node.module, Facts{shapes[id]}).first->second;
    for (const ParameterSpec& spec : specs) {
      if (spec.kind == ParameterKind::kParameter) {
        facts.parameters += base::element_count(spec.shape);
      }
    }
  }
  return result;
}

class Printer {
 public:
  explicit Printer(const Graph& graph) : facts_(facts_by_module(graph)) {}

  void print(const Module& module, const std::string& path, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    text_ += indent + (module.name.empty() ? "" : "(" + module.name + "): ");
    if (module.children.empty()) {
      text_ += module.description.empty() ? module.type + "()" : module.description;
      text_ += note(module, path) + "\n";
      return;
    }
    text_ += module.type + "(" + note(module, path) + "\n";
    for (const Module& child : module.children) {
      print(child, path.empty() ? child.name : path + "." + child.name, depth + 1);
    }
    text_ += indent + ")\n";
  }

  std::string take() && { return std::move(text_); }

 private:
  // Of a layer its output's shape, of any module its own parameters' count.
  std::string note(const Module& module, const std::string& path) const {
    const auto found = facts_.find(path);
    if (found == facts_.end()) return "";
    std::string text;
    if (module.children.empty()) {
      const base::Shape& shape = found->second.output;
      for (std::size_t i = 1; i < shape.size(); ++i) {
        text += fmt::format("{}{}", i > 1 ? " × " : "", shape[i]);
      }
    }
    if (const std::int64_t count = found->second.parameters; count > 0) {
      text += (text.empty() ? "" : ", ") + base::grouped(count) + " parameters";
    }
    return text.empty() ? "" : "  # " + text;
  }

  std::map<std::string, Facts> facts_;
  std::string text_;
};

}  // namespace

std::string print_graph(const Graph& graph) {
  Printer printer(graph);
  printer.print(graph.root, "", 0);
  const Cost cost = cost_of(graph);
  return std::move(printer).take() +
         fmt::format("{} parameters, {:.2f} G multiply-adds for a {} × {} picture\n",
                     base::grouped(cost.parameters), static_cast<double>(cost.multiply_adds) * 1e-9,
                     graph.input_size.height, graph.input_size.width);
}

}  // namespace engraft::graph
