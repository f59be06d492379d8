// Small random networks: whatever is fused, reused or laid out in them, the numbers stay the
// reference's. A failing network is found again by its seed.
#include <gtest/gtest.h>

#include "base/random.h"
#include "graph/builder.h"
#include "infer/testing/check_executor.h"
#include "infer/testing/company.h"

namespace engraft::infer {
namespace {

class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed)
      : random_({seed}), size_(8 + pick(7), 8 + pick(7)), net_("Net", size_) {
    const std::int64_t channels = 1 + pick(4);
    remember(net_.input(channels), {1, channels, size_.height, size_.width});
  }

  graph::Graph build() && {
    const std::int64_t layers = 2 + pick(12);
    for (std::int64_t i = 0; i < layers; ++i) add_layer();
    if (random_.chance(0.5F)) add_head();
    return std::move(net_).finish("random");
  }

 private:
  struct Made {
    graph::Value value;
    base::Shape shape;
  };

  std::int64_t pick(std::int64_t count) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(count)));
  }

  // Recent values are likelier, so that chains form; old ones are read again at times.
  Made any_made() {
    const auto count = std::ssize(made_);
    const std::int64_t back = random_.chance(0.6F) ? 0 : pick(count);
    return made_[static_cast<std::size_t>(count - 1 - back)];
  }

  void remember(graph::Value value, base::Shape shape) {
    made_.push_back({value, std::move(shape)});
  }

  Made add(const Made& from, const graph::Layer& layer) {
    const base::Shape shape = graph::output_shape(complete(layer, from.shape), {from.shape});
    const Made made{net_.add("layer" + std::to_string(count_++), from.value, layer), shape};
    made_.push_back(made);
    return made;
  }

  // With its channels filled in, as the builder does.
  static graph::Layer complete(graph::Layer layer, const base::Shape& in) {
    if (auto* conv = std::get_if<graph::Conv2d>(&layer)) conv->in_channels = in[1];
    if (auto* norm = std::get_if<graph::BatchNorm2d>(&layer)) norm->features = in[1];
    if (auto* norm = std::get_if<graph::LayerNorm>(&layer)) norm->features = in[1];
    if (auto* linear = std::get_if<graph::Linear>(&layer)) linear->in_features = in[1];
    return layer;
  }

  void join(const graph::Layer& layer, const std::vector<Made>& parts) {
    std::vector<graph::Value> values;
    std::vector<base::Shape> shapes;
    for (const Made& part : parts) {
      values.push_back(part.value);
      shapes.push_back(part.shape);
    }
    remember(net_.apply(layer, values), graph::output_shape(layer, shapes));
  }

  graph::Conv2d random_convolution(const base::Shape& in) {
    static constexpr std::int64_t kWidths[] = {1, 3, 8, 13, 16, 24};
    graph::Conv2d conv{.out_channels = kWidths[pick(6)], .bias = random_.chance(0.5F)};
    if (random_.chance(0.25F)) {
      conv.out_channels = in[1];
      conv.groups = in[1];
    }
    if (random_.chance(0.7F) && in[2] >= 3 && in[3] >= 3) {
      conv.kernel = 3;
      conv.padding = pick(2);
      conv.stride = 1 + pick(2);
    }
    return conv;
  }

  void add_layer() {
    const Made from = any_made();
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        return add_block(from, random_convolution(from.shape));
      case 3:
      case 4:
        return add_residual(from);
      case 5:
        return add_joined(from);
      case 6:
        return add_pooling(from);
      case 7:
        add(from,
            random_.chance(0.5F) ? graph::Layer(graph::ReLU{}) : graph::Layer(graph::ReLU6{}));
        return;
      case 8:
        add(from, graph::BatchNorm2d{});
        return;
      case 9:
        return add_channels_last(from);
      case 10:
        add(from, graph::LayerNorm{.channels_first = true});
        return;
      default:
        add(from, graph::Dropout{});
        return;
    }
  }

  void add_block(Made from, const graph::Conv2d& conv) {
    from = add(from, conv);
    if (random_.chance(0.5F)) from = add(from, graph::BatchNorm2d{});
    if (random_.chance(0.5F))
      add(from, random_.chance(0.5F) ? graph::Layer(graph::ReLU{}) : graph::Layer(graph::ReLU6{}));
  }

  // A convolution of some value of the same height and width, added to `to`.
  void add_residual(const Made& to) {
    Made from = like(to);
    const std::int64_t kernel = random_.chance(0.5F) ? 3 : 1;
    from = add(from,
               graph::Conv2d{.out_channels = to.shape[1], .kernel = kernel, .padding = kernel / 2});
    if (random_.chance(0.5F)) from = add(from, graph::BatchNorm2d{});
    join(graph::Add{}, random_.chance(0.5F) ? std::vector{from, to} : std::vector{to, from});
    if (random_.chance(0.5F)) add(made_.back(), graph::ReLU{});
  }

  // A linear layer over the channels, perhaps scaled and added to where it began.
  void add_channels_last(const Made& to) {
    // Values with other axes are nobody else's.
    const auto next = [&](graph::Value x, const graph::Layer& layer) {
      return net_.add("layer" + std::to_string(count_++), x, layer);
    };
    graph::Value x = next(to.value, graph::Permute{{0, 2, 3, 1}});
    if (random_.chance(0.5F)) x = next(x, graph::LayerNorm{});
    x = next(x, graph::Linear{.out_features = to.shape[1], .bias = random_.chance(0.5F)});
    if (random_.chance(0.3F)) x = next(x, graph::GELU{});
    x = next(x, graph::Permute{{0, 3, 1, 2}});
    remember(x, to.shape);
    if (random_.chance(0.5F)) {
      const std::string name = "scale" + std::to_string(count_++);
      const graph::Value scale = net_.own(graph::Parameter{name, {to.shape[1], 1, 1}});
      remember(net_.apply(graph::Multiply{}, {x, scale}), to.shape);
    }
    if (random_.chance(0.7F)) join(graph::Add{}, {made_.back(), to});
  }

  Made like(const Made& other) {
    for (int tries = 0; tries < 8; ++tries) {
      const Made made = any_made();
      if (made.shape[2] == other.shape[2] && made.shape[3] == other.shape[3]) return made;
    }
    return other;
  }

  void add_joined(const Made& first) {
    std::vector<Made> parts{first};
    for (std::int64_t more = 1 + pick(2); more > 0; --more) parts.push_back(like(first));
    bool same = true;
    for (const Made& part : parts) same = same && part.shape == first.shape;
    join(same && random_.chance(0.5F) ? graph::Layer(graph::Add{}) : graph::Layer(graph::Concat{}),
         parts);
  }

  void add_pooling(const Made& from) {
    const bool small = from.shape[2] < 3 || from.shape[3] < 3;
    if (small || random_.chance(0.4F)) {
      add(from, graph::AdaptiveAvgPool2d{{1 + pick(from.shape[2]), 1 + pick(from.shape[3])}});
      return;
    }
    const std::int64_t kernel = 2 + pick(2);
    add(from, graph::MaxPool2d{.kernel = kernel,
                               .stride = 1 + pick(2),
                               .padding = pick(2),
                               .ceil_mode = random_.chance(0.5F)});
  }

  void add_head() {
    Made x = made_.back();
    if (random_.chance(0.5F)) x = add(x, graph::AdaptiveAvgPool2d{1 + pick(3)});
    join(graph::Flatten{}, {x});
    x = add(made_.back(), graph::Linear{.out_features = 9});
    if (random_.chance(0.5F)) x = add(x, graph::ReLU{});
    add(x, graph::Linear{.out_features = 4, .bias = false});
  }

  base::Random random_;
  graph::Pair size_;
  graph::GraphBuilder net_;
  std::vector<Made> made_;
  int count_ = 0;
};

// A layer norm of two channels that are nearly equal makes rounding up to 1 / √eps = 300 times as
// large.
double tolerance_for(const graph::Graph& graph) {
  const bool magnifies = std::ranges::any_of(graph.nodes, [](const graph::Node& node) {
    const auto* norm = std::get_if<graph::LayerNorm>(&node.layer);
    return norm != nullptr && norm->features == 2;
  });
  return magnifies ? 1e-4 : 2e-5;
}

class RandomNetworks : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomNetworks, EqualTheReference) {
  // A hundred networks a test keep the list of tests readable.
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const graph::Graph graph = RandomNetwork(seed).build();
    expect_outputs(graph, {graph.output()}, 1 + static_cast<std::int64_t>(seed % 3),
                   tolerance_for(graph));
    base::Random random({seed, 1});
    std::vector<graph::NodeId> some{graph.output()};
    for (graph::NodeId id = 0; id < graph.output(); ++id) {
      const bool computed = id == 0 || !graph.nodes[id].inputs.empty();
      if (computed && random.chance(0.2F)) some.push_back(id);
    }
    expect_outputs(graph, some, 2, tolerance_for(graph));
    expect_no_influence_of_company(Executor(graph, zoo::seeded_state(graph), {graph.output()}),
                                   pictures_for(graph, 5), graph.output(), seed);
    if (testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Executor, RandomNetworks, testing::Range<std::uint64_t>(0, 200, 100));

}  // namespace
}  // namespace engraft::infer
