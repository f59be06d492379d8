// How layers are named and printed.
#include <fmt/format.h>

#include <utility>

#include "graph/layer.h"

namespace engraft::graph {
namespace {

using base::OneOf;
using base::Overloaded;

// type: PyTorch's class, or of what is a function only, its name; function: torch.fx's name for the
// function; kind: the name in a saved graph.
struct Names {
  const char* type;
  const char* function;
  const char* kind;
};

constexpr auto kNames = Overloaded{
    [](const Input&) {
      return Names{"input", "input", "input"};
    },
    [](const Conv2d&) {
      return Names{"Conv2d", "conv2d", "conv2d"};
    },
    [](const Linear& linear) {
      const bool last = linear.role == Linear::Role::kOutProjection;
      return Names{last ? "NonDynamicallyQuantizableLinear" : "Linear", "linear", "linear"};
    },
    [](const BatchNorm2d&) {
      return Names{"BatchNorm2d", "batch_norm", "batch_norm2d"};
    },
    [](const LayerNorm& norm) {
      return Names{norm.channels_first ? "LayerNorm2d" : "LayerNorm", "layer_norm", "layer_norm"};
    },
    [](const ReLU&) {
      return Names{"ReLU", "relu", "relu"};
    },
    [](const ReLU6&) {
      return Names{"ReLU6", "relu6", "relu6"};
    },
    [](const Hardswish&) {
      return Names{"Hardswish", "hardswish", "hardswish"};
    },
    [](const Hardsigmoid&) {
      return Names{"Hardsigmoid", "hardsigmoid", "hardsigmoid"};
    },
    [](const SiLU&) {
      return Names{"SiLU", "silu", "silu"};
    },
    [](const Sigmoid&) {
      return Names{"Sigmoid", "sigmoid", "sigmoid"};
    },
    [](const Tanh&) {
      return Names{"Tanh", "tanh", "tanh"};
    },
    [](const GELU&) {
      return Names{"GELU", "gelu", "gelu"};
    },
    [](const MaxPool2d&) {
      return Names{"MaxPool2d", "max_pool2d", "max_pool2d"};
    },
    [](const AvgPool2d&) {
      return Names{"AvgPool2d", "avg_pool2d", "avg_pool2d"};
    },
    [](const AdaptiveAvgPool2d&) {
      return Names{"AdaptiveAvgPool2d", "adaptive_avg_pool2d", "adaptive_avg_pool2d"};
    },
    [](const Dropout&) {
      return Names{"Dropout", "dropout", "dropout"};
    },
    [](const StochasticDepth&) {
      return Names{"StochasticDepth", "stochastic_depth", "stochastic_depth"};
    },
    [](const Flatten&) {
      return Names{"Flatten", "flatten", "flatten"};
    },
    [](const Permute&) {
      return Names{"Permute", "permute", "permute"};
    },
    [](const Add&) {
      return Names{"add", "add", "add"};
    },
    [](const Multiply&) {
      return Names{"mul", "mul", "mul"};
    },
    [](const Concat&) {
      return Names{"cat", "cat", "cat"};
    },
    [](const Slice&) {
      return Names{"getitem", "getitem", "slice"};
    },
    [](const ChannelShuffle&) {
      return Names{"channel_shuffle", "channel_shuffle", "channel_shuffle"};
    },
    [](const Parameter&) {
      return Names{"parameter", "parameter", "parameter"};
    },
    [](const RelativePositionIndex&) {
      constexpr const char* kName = "relative_position_index";
      return Names{kName, kName, kName};
    },
    [](const RelativeCoordsTable&) {
      constexpr const char* kName = "relative_coords_table";
      return Names{kName, kName, kName};
    },
    [](const EmbedPatches&) {
      return Names{"embed_patches", "embed_patches", "embed_patches"};
    },
    [](const SelectToken&) {
      return Names{"getitem", "getitem", "select_token"};
    },
    [](const Attention&) {
      return Names{"scaled_dot_product_attention", "scaled_dot_product_attention", "attention"};
    },
    [](const WindowAttention&) {
      return Names{"shifted_window_attention", "shifted_window_attention", "window_attention"};
    },
    [](const PatchMerging&) {
      return Names{"patch_merging", "patch_merging", "patch_merging"};
    },
};

std::string tuple(Pair pair) { return fmt::format("({}, {})", pair.height, pair.width); }

const char* boolean(bool value) { return value ? "True" : "False"; }

// As PyTorch prints a pair given as one number.
std::string compact(Pair pair) {
  return pair.height == pair.width ? std::to_string(pair.height) : tuple(pair);
}

// As Python prints it.
template <typename Number>
std::string number(Number value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// What stands between the parentheses.
struct Settings {
  std::string operator()(const Conv2d& conv) const {
    std::string text = fmt::format("{}, {}, kernel_size={}, stride={}", conv.in_channels,
                                   conv.out_channels, tuple(conv.kernel), tuple(conv.stride));
    if (conv.padding != Pair(0)) text += ", padding=" + tuple(conv.padding);
    if (conv.dilation != Pair(1)) text += ", dilation=" + tuple(conv.dilation);
    if (conv.groups != 1) text += fmt::format(", groups={}", conv.groups);
    if (!conv.bias) text += ", bias=False";
    return text;
  }
  std::string operator()(const Linear& linear) const {
    return fmt::format("in_features={}, out_features={}, bias={}", linear.in_features,
                       linear.out_features, boolean(linear.bias));
  }
  std::string operator()(const BatchNorm2d& norm) const {
    return fmt::format("{}, eps={}, momentum={}, affine=True, track_running_stats=True",
                       norm.features, number(norm.eps), number(norm.momentum));
  }
  std::string operator()(const LayerNorm& norm) const {
    return fmt::format("({},), eps={}, elementwise_affine=True", norm.features, number(norm.eps));
  }
  std::string operator()(const OneOf<ReLU, ReLU6, SiLU> auto& activation) const {
    return activation.inplace ? "inplace=True" : "";
  }
  std::string operator()(const OneOf<Hardswish, Hardsigmoid, Sigmoid, Tanh> auto&) const {
    return "";
  }
  std::string operator()(const GELU&) const { return "approximate='none'"; }
  std::string operator()(const MaxPool2d& pool) const {
    return fmt::format("kernel_size={}, stride={}, padding={}, dilation=1, ceil_mode={}",
                       compact(pool.kernel), compact(pool.stride), compact(pool.padding),
                       boolean(pool.ceil_mode));
  }
  std::string operator()(const AvgPool2d& pool) const {
    return fmt::format("kernel_size={}, stride={}, padding={}", compact(pool.kernel),
                       compact(pool.stride), compact(pool.padding));
  }
  std::string operator()(const AdaptiveAvgPool2d& pool) const {
    return "output_size=" + (pool.printed_as_number ? compact(pool.output) : tuple(pool.output));
  }
  std::string operator()(const Dropout& dropout) const {
    return fmt::format("p={}, inplace={}", number(dropout.probability), boolean(dropout.inplace));
  }
  std::string operator()(const StochasticDepth& depth) const {
    return fmt::format("p={}, mode=row", number(depth.probability));
  }
  std::string operator()(const Flatten&) const { return "start_dim=1, end_dim=-1"; }
  // Functions and parameters, which PyTorch does not print, and modules printed without settings.
  std::string operator()(const OneOf<Input, Permute, Concat, Slice, ChannelShuffle, SelectToken,
                                     PatchMerging> auto&) const {
    return "";
  }
  std::string operator()(const CombiningLayer auto&) const { return ""; }
  std::string operator()(const TokenLayer auto&) const { return ""; }
  std::string operator()(const SourceLayer auto&) const { return ""; }
};

}  // namespace

std::vector<Layer> every_layer() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<Layer>{std::variant_alternative_t<I, Layer>{}...};
  }
  (std::make_index_sequence<std::variant_size_v<Layer>>{});
}

std::string type_name(const Layer& layer) { return std::visit(kNames, layer).type; }

std::string function_name(const Layer& layer) { return std::visit(kNames, layer).function; }

std::string kind_name(const Layer& layer) { return std::visit(kNames, layer).kind; }

std::string describe(const Layer& layer) {
  return type_name(layer) + "(" + std::visit(Settings{}, layer) + ")";
}

}  // namespace engraft::graph
