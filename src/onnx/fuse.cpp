#include "onnx/fuse.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <set>

namespace engraft::onnx {
namespace {

class Fuser {
 public:
  explicit Fuser(OnnxModel& model) : model_(model) {
    for (std::size_t i = 0; i < model.nodes.size(); ++i) {
      for (const std::string& name : model.nodes[i].outputs) maker_[name] = i;
      for (const std::string& name : model.nodes[i].inputs) readers_[name].push_back(i);
    }
  }

  void run() {
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (gone_.contains(i)) continue;
      const std::string& type = model_.nodes[i].type;
      if (type == "Erf") fuse_gelu(i);
      if (type == "ReduceMean") fuse_layer_norm(i);
      if (type == "Clip") fuse_hard_sigmoid(i);
    }
    // The gates of swishes may themselves have been put together above.
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (!gone_.contains(i) && model_.nodes[i].type == "Sigmoid") fuse_swish(i, "Silu");
      if (!gone_.contains(i) && model_.nodes[i].type == "HardSigmoid") fuse_swish(i, "HardSwish");
    }
    std::vector<OnnxNode> kept;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (!gone_.contains(i)) kept.push_back(std::move(model_.nodes[i]));
    }
    model_.nodes = std::move(kept);
  }

 private:
  const OnnxNode& node(std::size_t i) const { return model_.nodes[i]; }

  // Empty, as of an optional one that is left out, where it has none: what is fused comes before
  // operators and their inputs are checked. An output each node has (model.cpp).
  std::string first_input(std::size_t i) const {
    return node(i).inputs.empty() ? "" : node(i).inputs[0];
  }

  std::optional<std::size_t> maker(const std::string& name, const char* type) const {
    const auto found = maker_.find(name);
    if (found == maker_.end() || node(found->second).type != type) return std::nullopt;
    return found->second;
  }

  // The only node that reads what node i gives, where it is of this type.
  std::optional<std::size_t> only_reader(std::optional<std::size_t> i, const char* type) const {
    if (!i) return std::nullopt;
    const auto found = readers_.find(node(*i).outputs[0]);
    if (found == readers_.end() || found->second.size() != 1) return std::nullopt;
    return node(found->second[0]).type == type ? std::optional(found->second[0]) : std::nullopt;
  }

  const base::Tensor* constant(const std::string& name) const {
    const auto initializer = model_.initializers.find(name);
    if (initializer != model_.initializers.end()) return &initializer->second;
    const auto made = maker(name, "Constant");
    if (!made) return nullptr;
    const auto value = node(*made).attributes.find("value");
    return value == node(*made).attributes.end() ? nullptr : &value->second.tensor;
  }

  // The other input where one of a node's two is a constant; with its number where it is only one.
  struct Operand {
    std::string x;
    std::string constant;
    std::optional<float> number;
    bool is(double value) const {
      return number && std::abs(*number - value) < 1e-4 * std::abs(value);
    }
  };
  std::optional<Operand> operand(std::optional<std::size_t> i) const {
    if (!i || node(*i).inputs.size() != 2) return std::nullopt;
    for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
      if (const base::Tensor* tensor = constant(node(*i).inputs[k])) {
        const bool one = tensor->elements() == 1 && tensor->dtype() != base::DType::kBool;
        return Operand{node(*i).inputs[1 - k], node(*i).inputs[k],
                       one ? std::optional(tensor->as_float32().floats()[0]) : std::nullopt};
      }
    }
    return std::nullopt;
  }

  // Puts `replacement` in the last node's place.
  void replace(const std::vector<std::size_t>& parts, OnnxNode replacement) {
    const std::size_t last = parts.back();
    replacement.name = node(last).name;
    replacement.outputs = node(last).outputs;
    for (const std::size_t part : parts) {
      for (const std::string& input : node(part).inputs) std::erase(readers_[input], part);
      gone_.insert(part);
    }
    for (const std::string& input : replacement.inputs) readers_[input].push_back(last);
    gone_.erase(last);
    model_.nodes[last] = std::move(replacement);
  }

  // x/2 · (1 + erf(x/√2)), as PyTorch exports it.
  void fuse_gelu(std::size_t erf) {
    auto scaled = maker(first_input(erf), "Div");
    const bool divides = scaled.has_value();
    if (!scaled) scaled = maker(first_input(erf), "Mul");
    const auto before = operand(scaled);
    const auto sum = only_reader(erf, "Add");
    const auto product = only_reader(sum, "Mul");
    const auto half = only_reader(product, "Mul");
    const auto one = operand(sum);
    const auto factor = operand(half);
    if (!before || !before->is(divides ? std::sqrt(2.0) : std::sqrt(0.5)) || !one || !one->is(1) ||
        !factor || !factor->is(0.5)) {
      return;
    }
    const std::vector<std::string>& inputs = node(*product).inputs;
    if (std::find(inputs.begin(), inputs.end(), before->x) == inputs.end()) return;
    replace({*scaled, erf, *sum, *product, *half}, {.type = "Gelu", .inputs = {before->x}});
  }

  // (x - mean) / √(mean of squares + eps) · weight + bias, over the last dimension.
  void fuse_layer_norm(std::size_t mean) {
    const std::string x = first_input(mean);
    const auto axes = node(mean).attributes.find("axes");
    if (axes == node(mean).attributes.end() ||
        axes->second.integers != std::vector<std::int64_t>{-1}) {
      return;
    }
    const auto centred = only_reader(mean, "Sub");
    if (!centred || first_input(*centred) != x) return;
    // What is centred is squared, and divided.
    std::optional<std::size_t> power;
    std::optional<std::size_t> quotient;
    for (const std::size_t reader : readers_[node(*centred).outputs[0]]) {
      if (node(reader).type == "Pow") power = reader;
      if (node(reader).type == "Div") quotient = reader;
    }
    const auto exponent = operand(power);
    const auto variance = only_reader(power, "ReduceMean");
    const auto shifted = only_reader(variance, "Add");
    const auto root = only_reader(shifted, "Sqrt");
    const auto scaled = only_reader(quotient, "Mul");
    const auto sum = only_reader(scaled, "Add");
    const auto eps = operand(shifted);
    const auto weight = operand(scaled);
    const auto bias = operand(sum);
    if (!exponent || !exponent->is(2) || !root || only_reader(root, "Div") != quotient || !eps ||
        !eps->number || !weight || !bias) {
      return;
    }
    OnnxNode norm{.type = "LayerNormalization", .inputs = {x, weight->constant, bias->constant}};
    norm.attributes["epsilon"].real = *eps->number;
    norm.attributes["axis"].integer = -1;
    replace({mean, *centred, *power, *variance, *shifted, *root, *quotient, *scaled, *sum},
            std::move(norm));
  }

  // min(max(x + 3, 0), 6) / 6
  void fuse_hard_sigmoid(std::size_t clip) {
    const auto sum = maker(first_input(clip), "Add");
    auto quotient = only_reader(clip, "Div");
    const bool divides = quotient.has_value();
    if (!quotient) quotient = only_reader(clip, "Mul");
    const auto three = operand(sum);
    const auto six = operand(quotient);
    if (!three || !three->is(3) || !six || !six->is(divides ? 6 : 1.0 / 6) ||
        only_reader(sum, "Clip") != clip) {
      return;
    }
    OnnxNode gate{.type = "HardSigmoid", .inputs = {three->x}};
    gate.attributes["alpha"].real = 1.0F / 6;
    gate.attributes["beta"].real = 0.5F;
    replace({*sum, clip, *quotient}, std::move(gate));
  }

  // x · gate(x)
  void fuse_swish(std::size_t gate, const char* type) {
    const auto product = only_reader(gate, "Mul");
    if (!product) return;
    const std::string x = first_input(gate);
    const std::vector<std::string>& inputs = node(*product).inputs;
    if (std::find(inputs.begin(), inputs.end(), x) == inputs.end()) return;
    replace({gate, *product}, {.type = type, .inputs = {x}});
  }

  OnnxModel& model_;
  std::map<std::string, std::size_t> maker_;
  std::map<std::string, std::vector<std::size_t>> readers_;
  std::set<std::size_t> gone_;
};

}  // namespace

void fuse(OnnxModel& model) { Fuser(model).run(); }

}  // namespace engraft::onnx
