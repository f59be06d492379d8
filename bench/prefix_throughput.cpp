// How many pictures a second go through the frozen prefix of a network (all that precedes its
// head), with random weights. Beside it stands the processor's peak: what one large convolution
// reaches directly, in the same type and on the same threads, just before or just after. `share` is
// the prefix's arithmetic, counted as direct, against that; filtering can so pass 100 %.
//
//   prefix_throughput vgg16 resnet18 --threads 1,2 --batch 1,4,8,16
//
// On a machine that does other work too, pictures per second of processor time say more than
// pictures per second; compare nothing that was measured under different loads.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/parallel.h"
#include "engraft/error.h"
#include "graph/select.h"
#include "infer/executor.h"
#include "onednn/convolution_trial.h"
#include "onednn/onednn.h"
#include "zoo/testing/seeded_state.h"
#include "zoo/zoo.h"

namespace engraft {
namespace {

using Clock = std::chrono::steady_clock;

struct Rate {
  double per_second = 0;
  double per_processor_second = 0;  // of one thread
};

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Calls work() on each of `threads` threads until `seconds` have passed; each call counts `amount`.
template <typename Work>
Rate measure(int threads, double seconds, double amount, const Work& make_work) {
  std::mutex mutex;
  double processor_seconds = 0;
  double per_second = 0;
  double total = 0;
  base::parallel_for(static_cast<std::size_t>(threads), threads, [&](std::size_t, int) {
    auto work = make_work();
    work();  // makes primitives, touches memory
    const double processor_begin = thread_seconds();
    const Clock::time_point begin = Clock::now();
    double done = 0;
    double elapsed = 0;
    do {
      work();
      done += amount;
      elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (elapsed < seconds);
    const double used = thread_seconds() - processor_begin;
    const std::lock_guard lock(mutex);
    total += done;
    processor_seconds += used;
    per_second += done / elapsed;
  });
  return {per_second, total / processor_seconds};
}

// Multiply-adds a second of a convolution that oneDNN is at its best with, in the type that
// `precision` stands for.
Rate measure_peak(infer::Precision precision, int threads, double seconds) {
  using onednn::Type;
  const base::Shape shape{infer::Executor::kMostAtOnce, 256, 28, 28};
  const graph::Conv2d conv{.in_channels = 256, .out_channels = 256, .kernel = 3, .padding = 1};
  const double multiply_adds = static_cast<double>(base::element_count(shape)) * 256 * 9;
  return measure(threads, seconds, multiply_adds, [&] {
    const onednn::SingleThread alone;
    const Type type = precision == infer::Precision::kBFloat16 ? Type::bf16 : Type::f32;
    const onednn::Quantum eight{Type::u8, 1};
    const onednn::Primitive primitive =
        precision == infer::Precision::kInt8
            ? onednn::convolution_int8(conv, shape, eight, std::vector<float>(256, 1),
                                       onednn::any(shape, Type::u8), eight, {}, {})
                  .value()
            : onednn::convolution(conv, shape, type, onednn::any(shape, type), {});
    return [trial = onednn::ConvolutionTrial(primitive)] {
      const onednn::SingleThread still_alone;
      trial.run();
    };
  });
}

// The prefix's own arithmetic, for one picture.
double multiply_adds_up_to(const graph::Graph& graph, graph::NodeId cut) {
  const std::vector<base::Shape> shapes = graph::infer_shapes(graph, 1, graph.input_size);
  double sum = 0;
  for (graph::NodeId id = 0; id <= cut; ++id) {
    sum += static_cast<double>(graph::multiply_adds(graph.nodes[id].layer, shapes[id]));
  }
  return sum;
}

double load() {
  double average = 0;
  return getloadavg(&average, 1) == 1 ? average : -1;
}

struct Options {
  std::vector<std::string> names{"vgg16", "resnet18"};
  std::vector<int> threads{1, 2};
  std::vector<std::int64_t> batches{0};  // 0: what the program would choose
  double seconds = 3;
  bool json = false;
};

// A way of computing, under the name that the table gives it.
struct Way {
  std::string name;
  infer::Precision precision = infer::Precision::kFloat32;
  bool exact = false;
};

infer::Ranges ranges_of(const graph::Graph& graph, const base::StateDict& state,
                        graph::NodeId cut) {
  const infer::Executor executor(graph, state, {cut});
  const base::Tensor pictures =
      zoo::seeded_pictures({1, 3, graph.input_size.height, graph.input_size.width});
  std::vector<float> result(
      static_cast<std::size_t>(base::element_count(executor.output_shape(cut))));
  infer::Ranges ranges;
  executor.measure_ranges(pictures.floats(), cut, result, ranges);
  return ranges;
}

void measure_network(const std::string& name, const Way& way, const Options& options) {
  const graph::Graph graph = zoo::build_architecture(name);
  const std::vector<std::string> head{"head"};
  const graph::NodeId cut =
      graph::find_cut(graph, graph::select_parameters(graph, head), graph::Mode::kEval);
  const double multiply_adds = multiply_adds_up_to(graph, cut);
  const base::StateDict state = zoo::seeded_state(graph);
  infer::ComputePlan plan = way.exact ? infer::exact_plan(way.precision)
                                      : infer::choose_plan(graph, {.precision = way.precision});
  if (way.precision == infer::Precision::kInt8) plan.ranges = ranges_of(graph, state, cut);
  const infer::Executor executor(graph, state, {cut}, {.plan = plan});
  for (const int threads : options.threads) {
    for (const std::int64_t wanted : options.batches) {
      const std::int64_t batch = wanted > 0 ? wanted : executor.best_batch();
      const base::Tensor pictures =
          zoo::seeded_pictures({batch, 3, graph.input_size.height, graph.input_size.width});
      const auto features =
          static_cast<std::size_t>(batch * base::element_count(executor.output_shape(cut)));
      const auto peak_rate = [&] {
        return measure_peak(way.precision, threads, options.seconds / 8).per_processor_second;
      };
      const double before = peak_rate();
      const Rate rate = measure(threads, options.seconds, static_cast<double>(batch), [&] {
        return [&, result = std::vector<float>(features)]() mutable {
          executor.run(pictures.floats(), cut, result);
        };
      });
      const double peak = std::max(before, peak_rate());
      const double share = 100 * rate.per_processor_second * multiply_adds / peak;
      if (options.json) {
        fmt::print("{}\n", nlohmann::json{{"network", name},
                                          {"type", way.name},
                                          {"threads", threads},
                                          {"batch", batch},
                                          {"pictures_per_second", rate.per_second},
                                          {"share_of_peak_percent", share}}
                               .dump());
        std::fflush(stdout);
        continue;
      }
      fmt::print("{:18} {:10} {:7} {:6} {:10.2f} {:10.2f} {:12.1f} {:7.0f}% {:6.1f}\n", name,
                 way.name, threads, batch, rate.per_second, rate.per_processor_second, 2e-9 * peak,
                 share, load());
      std::fflush(stdout);
    }
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Pictures per second through the frozen prefix of networks");
  app.add_option("networks", options.names, "Names from `engraft models`");
  app.add_option("--threads", options.threads)->delimiter(',');
  app.add_option("--batch", options.batches, "Pictures a call; 0: what the program would choose")
      ->delimiter(',');
  app.add_option("--seconds", options.seconds, "For each figure");
  app.add_flag("--json", options.json, "One JSON object a line");
  CLI11_PARSE(app, argc, argv);
  if (!options.json) {
    fmt::print("{:18} {:10} {:>7} {:>6} {:>10} {:>10} {:>12} {:>8} {:>6}\n", "network", "type",
               "threads", "batch", "img/s", "img/cpu-s", "peak GFLOP/s", "share", "load");
  }
  std::vector<infer::Precision> precisions{infer::Precision::kFloat32, infer::Precision::kInt8};
  if (infer::has_native_bfloat16()) {
    precisions.insert(precisions.begin() + 1, infer::Precision::kBFloat16);
  }
  std::vector<Way> ways;
  for (const infer::Precision precision : precisions) {
    ways.push_back({to_string(precision), precision});
    ways.push_back({to_string(precision) + " exact", precision, /*exact=*/true});
  }
  for (const std::string& name : options.names) {
    for (const Way& way : ways) measure_network(name, way, options);
  }
  if (!infer::has_native_bfloat16() && !options.json) {
    fmt::print("this processor has no bfloat16 arithmetic\n");
  }
  if (!infer::has_native_int8() && !options.json) {
    fmt::print("this processor has no 8-bit dot products\n");
  }
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
