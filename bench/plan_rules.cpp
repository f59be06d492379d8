// What the rules of infer/plan_rules.h cost against the best choice: every 3 × 3 convolution of the
// networks named is timed as it is defined and by filtering, and beside the times stands what the
// rule foretells. At the end, for each network, how much longer all of them take as the rule has it
// than each in its faster way.
//
//   plan_rules vgg16 resnet18 squeezenet1_1 --type bf16
//
// The rule's constants were fitted to such tables. Other instructions than the processor's best are
// measured under ONEDNN_MAX_CPU_ISA (AVX2, AVX512_CORE, ...). Times are of the thread's own
// processor time, the shortest of several runs, so that a machine with other work to do will serve.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/large_buffer.h"
#include "engraft/error.h"
#include "graph/graph.h"
#include "infer/executor.h"
#include "infer/plan_rules.h"
#include "onednn/convolution_trial.h"
#include "onednn/winograd.h"
#include "onednn/winograd_tiles.h"
#include "zoo/zoo.h"

namespace engraft {
namespace {

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The shortest run of each, taking turns.
template <typename One, typename Other>
std::pair<double, double> shortest_seconds(double budget, const One& one, const Other& other) {
  const auto timed = [](const auto& work) {
    const double begin = thread_seconds();
    work();
    return thread_seconds() - begin;
  };
  one();
  other();
  std::pair best(std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity());
  const double begin = thread_seconds();
  do {
    best.first = std::min(best.first, timed(one));
    best.second = std::min(best.second, timed(other));
  } while (thread_seconds() - begin < budget);
  return best;
}

class FilteringTrial {
 public:
  FilteringTrial(const graph::Conv2d& conv, const onednn::Primitive& direct, onednn::Fusion fusion)
      : winograd_(conv, direct.sources[0], direct.destination, fusion),
        source_(onednn::made_up_numbers(direct.sources[0].get_size())),
        destination_(onednn::made_up_numbers(direct.destination.get_size())),
        weights_(onednn::made_up_numbers(winograd_.weights_layout().get_size() *
                                         onednn::kTileMatrices)) {
    const std::size_t bytes = winograd_.weights_layout().get_size();
    std::vector<dnnl::memory> matrices;
    for (std::size_t matrix = 0; matrix < onednn::kTileMatrices; ++matrix) {
      matrices.emplace_back(winograd_.weights_layout(), onednn::engine(),
                            weights_.data() + matrix * bytes);
    }
    kernel_ = winograd_.kernel(matrices, base::Tensor(base::DType::kFloat32, {conv.out_channels}));
    scratch_ = onednn::made_up_numbers(kernel_.scratch_bytes);
  }

  void run() {
    const auto* const source = reinterpret_cast<const float*>(source_.data());
    kernel_.run({&source, 1}, reinterpret_cast<float*>(destination_.data()), scratch_.data());
  }

 private:
  onednn::Winograd winograd_;
  base::LargeBuffer source_;
  base::LargeBuffer destination_;
  base::LargeBuffer weights_;
  base::LargeBuffer scratch_;
  onednn::Kernel kernel_;
};

struct Options {
  std::vector<std::string> names{"vgg16", "resnet18", "resnet50", "squeezenet1_1", "googlenet"};
  std::string type = "fp32";
  std::int64_t batch = infer::Executor::kMostAtOnce;
  double seconds = 0.1;
};

struct Timing {
  double direct = 0;
  double filtered = 0;
  double foretold = 0;  // the gain
};

infer::Precision precision_of(const std::string& type) {
  return type == "bf16" ? infer::Precision::kBFloat16 : infer::Precision::kFloat32;
}

// Prints a line; nothing for a convolution that cannot be filtered.
Timing measure(const graph::Conv2d& conv, const base::Shape& in, const base::Shape& out,
               const Options& options) {
  const infer::Precision precision = precision_of(options.type);
  const onednn::Type type =
      precision == infer::Precision::kBFloat16 ? onednn::Type::bf16 : onednn::Type::f32;
  const onednn::Fusion fusion{false, onednn::Activation::kRelu};
  const onednn::Primitive direct =
      onednn::convolution(conv, in, type, onednn::any(out, type), fusion);
  const onednn::ConvolutionTrial as_defined(direct);
  FilteringTrial by_filtering(conv, direct, fusion);
  const auto [seconds, filtered] = shortest_seconds(
      options.seconds, [&] { as_defined.run(); }, [&] { by_filtering.run(); });
  const double foretold = infer::filtering_gain(conv, in, out, precision, onednn::instructions());
  fmt::print("{:>5} > {:<5} {:>4} x {:<4} {:>9.3f} ms {:>9.3f} ms {:>6.2f} {:>6.2f}  {}\n", in[1],
             out[1], out[2], out[3], 1e3 * seconds, 1e3 * filtered, seconds / filtered, foretold,
             infer::is_worth_filtering(foretold, precision) ? "filtered" : "");
  std::fflush(stdout);
  return {seconds, filtered, foretold};
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Which convolutions are faster by filtering, and what the rule says");
  app.add_option("networks", options.names, "Names from `engraft models`");
  app.add_option("--type", options.type)->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--batch", options.batch, "Pictures at once");
  app.add_option("--seconds", options.seconds, "For each convolution");
  CLI11_PARSE(app, argc, argv);
  const infer::Precision precision = precision_of(options.type);
  if (precision == infer::Precision::kBFloat16 && !infer::has_native_bfloat16()) {
    throw Error("this processor has no bfloat16 arithmetic");
  }
  fmt::print("{}, oneDNN {}, {}\n{:>13} {:>11} {:>12} {:>12} {:>6} {:>6}\n", onednn::instructions(),
             onednn::version(), options.type, "channels", "results", "direct", "filtered", "gain",
             "rule");
  const onednn::SingleThread alone;
  std::map<std::pair<base::Shape, base::Shape>, Timing> known;
  std::vector<std::string> summary;
  for (const std::string& name : options.names) {
    const graph::Graph graph = zoo::build_architecture(name);
    const std::vector<base::Shape> shapes =
        graph::infer_shapes(graph, options.batch, graph.input_size);
    const infer::ComputePlan plan = infer::choose_plan(graph, {.precision = precision});
    double as_chosen = 0;
    double at_best = 0;
    for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
      const graph::Node& node = graph.nodes[id];
      const auto* conv = std::get_if<graph::Conv2d>(&node.layer);
      if (conv == nullptr) continue;
      const base::Shape& in = shapes[node.inputs[0]];
      if (infer::filtering_gain(*conv, in, shapes[id], precision, onednn::instructions()) == 0) {
        continue;
      }
      const auto place = std::pair(in, shapes[id]);
      if (!known.contains(place)) known[place] = measure(*conv, in, shapes[id], options);
      const Timing& timing = known[place];
      as_chosen += plan.filtered.contains(node.name) ? timing.filtered : timing.direct;
      at_best += std::min(timing.filtered, timing.direct);
    }
    summary.push_back(fmt::format("{:20} {:>9.2f} ms {:>9.2f} ms {:>6.1f} %", name, 1e3 * as_chosen,
                                  1e3 * at_best,
                                  at_best > 0 ? 100 * (as_chosen / at_best - 1) : 0));
  }
  fmt::print("\n{:20} {:>12} {:>12} {:>8}\n", "these convolutions", "by the rule", "at best",
             "lost");
  for (const std::string& line : summary) fmt::print("{}\n", line);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace engraft

int main(int argc, char** argv) {
  try {
    return engraft::run(argc, argv);
  } catch (const engraft::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
