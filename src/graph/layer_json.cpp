#include "graph/layer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "base/text.h"
#include "engraft/error.h"

namespace engraft::graph {
namespace {

using base::OneOf;
using nlohmann::json;

// The settings of each layer: setting(name, member) for each of them. One list serves both
// directions. What setting.later() names is missing from files of version 0.1 and then has its
// default.
template <typename Setting>
struct Settings {
  const Setting& setting;

  void operator()(Input& layer) const { setting("channels", layer.channels); }
  void operator()(Conv2d& layer) const {
    setting("in_channels", layer.in_channels);
    setting("out_channels", layer.out_channels);
    setting("kernel_size", layer.kernel);
    setting("stride", layer.stride);
    setting("padding", layer.padding);
    setting("dilation", layer.dilation);
    setting("groups", layer.groups);
    setting("bias", layer.bias);
  }
  void operator()(Linear& layer) const {
    setting("in_features", layer.in_features);
    setting("out_features", layer.out_features);
    setting("bias", layer.bias);
    setting.later("role", layer.role);
  }
  void operator()(BatchNorm2d& layer) const {
    setting("num_features", layer.features);
    setting("eps", layer.eps);
    setting.later("momentum", layer.momentum);
  }
  void operator()(LayerNorm& layer) const {
    setting("num_features", layer.features);
    setting("eps", layer.eps);
    setting("channels_first", layer.channels_first);
  }
  void operator()(OneOf<ReLU, ReLU6, Hardswish, Hardsigmoid, SiLU> auto& layer) const {
    setting.later("inplace", layer.inplace);
  }
  void operator()(MaxPool2d& layer) const {
    setting("kernel_size", layer.kernel);
    setting("stride", layer.stride);
    setting("padding", layer.padding);
    setting("ceil_mode", layer.ceil_mode);
  }
  void operator()(AvgPool2d& layer) const {
    setting("kernel_size", layer.kernel);
    setting("stride", layer.stride);
    setting("padding", layer.padding);
  }
  void operator()(AdaptiveAvgPool2d& layer) const {
    setting("output_size", layer.output);
    setting.later("printed_as_number", layer.printed_as_number);
  }
  void operator()(Dropout& layer) const {
    setting("p", layer.probability);
    setting.later("inplace", layer.inplace);
  }
  void operator()(StochasticDepth& layer) const { setting("p", layer.probability); }
  void operator()(Permute& layer) const { setting("dims", layer.order); }
  void operator()(Slice& layer) const {
    setting("begin", layer.begin);
    setting("end", layer.end);
  }
  void operator()(ChannelShuffle& layer) const { setting("groups", layer.groups); }
  void operator()(Parameter& layer) const {
    setting("parameter", layer.name);
    setting("shape", layer.shape);
    setting("mean", layer.mean);
    setting("deviation", layer.deviation);
  }
  void operator()(RelativePositionIndex& layer) const {
    setting("window", layer.window);
    setting("flat", layer.flat);
  }
  void operator()(RelativeCoordsTable& layer) const { setting("window", layer.window); }
  void operator()(EmbedPatches& layer) const {
    setting("grid", layer.grid);
    setting("offset", layer.offset);
  }
  void operator()(SelectToken& layer) const { setting("index", layer.index); }
  void operator()(Attention& layer) const { setting("heads", layer.heads); }
  void operator()(WindowAttention& layer) const {
    setting("heads", layer.heads);
    setting("window", layer.window);
    setting("shift", layer.shift);
    setting("dilated", layer.dilated);
    setting("scale", layer.scale);
    setting("cosine", layer.cosine);
  }
  void operator()(OneOf<Sigmoid, Tanh, GELU, Flatten, Concat, PatchMerging> auto&) const {}
  void operator()(CombiningLayer auto&) const {}
};

const std::map<Linear::Role, std::string> kRoles = {
    {Linear::Role::kPlain, "plain"},
    {Linear::Role::kInProjection, "in_projection"},
    {Linear::Role::kOutProjection, "out_projection"},
    {Linear::Role::kUnbiasedKeys, "unbiased_keys"}};

json to_value(Pair value) { return {value.height, value.width}; }
json to_value(Linear::Role role) { return kRoles.at(role); }
template <typename T>
json to_value(const T& value) {
  return value;
}

void read(const json& from, std::int64_t& value) { value = base::whole_number(from); }
void read(const json& from, Pair& value) {
  if (from.size() != 2) throw Error(fmt::format("{} is no pair of numbers", base::shown(from)));
  value = {base::whole_number(from.at(0)), base::whole_number(from.at(1))};
}
void read(const json& from, Linear::Role& value) {
  for (const auto& [role, name] : kRoles) {
    if (from == name) return static_cast<void>(value = role);
  }
  throw Error(fmt::format("a linear layer's role {} is unknown", base::shown(from)));
}
void read(const json& from, base::Shape& value) {
  value.clear();
  for (const json& extent : from) value.push_back(base::whole_number(extent));
}
void read(const json& from, std::array<int, 4>& value) {
  if (from.size() != value.size())
    throw Error(fmt::format("{} has not four numbers", base::shown(from)));
  for (std::size_t i = 0; i < value.size(); ++i) {
    // What does not fit in an int is no dimension either.
    value[i] = static_cast<int>(std::clamp<std::int64_t>(base::whole_number(from.at(i)), -1, 4));
  }
}
template <typename T>
void read(const json& from, T& value) {
  value = from.get<T>();
}

struct Writer {
  json& object;
  template <typename T>
  void operator()(const char* name, const T& value) const {
    object[name] = to_value(value);
  }
  template <typename T>
  void later(const char* name, const T& value) const {
    (*this)(name, value);
  }
};

struct Reader {
  const json& object;
  template <typename T>
  void operator()(const char* name, T& value) const {
    read(object.at(name), value);
  }
  template <typename T>
  void later(const char* name, T& value) const {
    if (object.contains(name)) (*this)(name, value);
  }
};

}  // namespace

json layer_to_json(const Layer& layer) {
  json object{{"layer", kind_name(layer)}};
  Layer copy = layer;
  std::visit(Settings<Writer>{Writer{object}}, copy);
  return object;
}

Layer layer_from_json(const json& object) {
  const std::string kind = object.at("layer").get<std::string>();
  for (Layer layer : every_layer()) {
    if (kind_name(layer) != kind) continue;
    std::visit(Settings<Reader>{Reader{object}}, layer);
    return layer;
  }
  throw Error(fmt::format("it has a layer {}, which is unknown", base::printable(kind)));
}

}  // namespace engraft::graph
