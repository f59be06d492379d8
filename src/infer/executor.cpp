#include "infer/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <map>
#include <mutex>

#include "base/large_buffer.h"
#include "cache/measurements.h"
#include "engraft/error.h"
#include "infer/plan.h"
#include "onednn/onednn.h"

namespace engraft::infer {
namespace {

using onednn::add_scratchpad;
using onednn::Arguments;

// Memory that one run needs, and the arguments that point into it.
class Workspace {
 public:
  explicit Workspace(const Plan& plan) : memory_(plan.workspace_bytes + plan.scratchpad_bytes) {
    std::byte* const scratchpad = scratchpad_ = memory_.data() + plan.workspace_bytes;
    for (const Buffer& buffer : plan.buffers) {
      buffers_.emplace_back(buffer.layout, onednn::engine(), memory_.data() + buffer.offset);
    }
    for (const Step& step : plan.steps) {
      Arguments arguments;
      for (const auto& [argument, buffer] : step.buffers) {
        arguments.emplace(argument, buffers_[buffer]);
      }
      for (const auto& [argument, weights] : step.weights) arguments.emplace(argument, weights);
      onednn::add_scratchpad(arguments, step.primitive, scratchpad);
      arguments_.push_back(std::move(arguments));
    }
    for (const auto& [node, output] : plan.outputs) {
      Arguments arguments;
      arguments.emplace(DNNL_ARG_FROM, buffers_[output.buffer]);
      arguments.emplace(DNNL_ARG_TO,
                        dnnl::memory(output.reorder.destination, onednn::engine(), nullptr));
      onednn::add_scratchpad(arguments, output.reorder, scratchpad);
      output_arguments_.emplace(node, std::move(arguments));
    }
  }

  // `ranges` may be null.
  void run(const Plan& plan, std::span<const float> pictures, graph::NodeId output,
           std::span<float> result, Ranges* ranges) {
    // oneDNN takes no pointers to const; the pictures are only read.
    for (std::size_t b = 0; b < buffers_.size(); ++b) {
      if (plan.buffers[b].storage == 0) {
        buffers_[b].set_data_handle(const_cast<float*>(pictures.data()));
      }
    }
    dnnl::stream stream(onednn::engine());
    const OutputPlan& wanted = plan.outputs.at(output);
    for (const std::size_t i : wanted.steps) {
      const Step& step = plan.steps[i];
      if (step.kernel.run) {
        run_kernel(step);
      } else {
        step.primitive.primitive.execute(stream, arguments_[i]);
      }
      if (ranges != nullptr && step.value) {
        stream.wait();
        widen((*ranges)[*step.value], buffers_[step.buffers.back().second]);
      }
    }
    Arguments& arguments = output_arguments_.at(output);
    arguments.at(DNNL_ARG_TO).set_data_handle(result.data());
    wanted.reorder.primitive.execute(stream, arguments);
    stream.wait();
  }

 private:
  static void widen(Range& range, const dnnl::memory& values) {
    const dnnl::memory::desc layout = values.get_desc();
    assert(onednn::type_of(layout) == onednn::Type::f32);
    const std::span<const float> numbers(static_cast<const float*>(values.get_data_handle()),
                                         layout.get_size() / sizeof(float));
    // In lanes, which the compiler makes vectors of.
    constexpr std::size_t kLanes = 64;
    std::array<float, kLanes> low{};
    std::array<float, kLanes> high{};
    const std::size_t whole = numbers.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
      for (std::size_t k = 0; k < kLanes; ++k) {
        const float number = numbers[i + k];
        low[k] = number < low[k] ? number : low[k];
        high[k] = number > high[k] ? number : high[k];
      }
    }
    for (const float number : numbers.subspan(whole)) range.widen({number, number});
    range.widen({std::ranges::min(low), std::ranges::max(high)});
  }

  void run_kernel(const Step& step) {
    std::vector<const float*> sources;
    for (std::size_t k = 0; k + 1 < step.buffers.size(); ++k) {
      sources.push_back(
          static_cast<const float*>(buffers_[step.buffers[k].second].get_data_handle()));
    }
    const dnnl::memory& destination = buffers_[step.buffers.back().second];
    step.kernel.run(sources, static_cast<float*>(destination.get_data_handle()), scratchpad_);
  }

  base::LargeBuffer memory_;
  std::byte* scratchpad_ = nullptr;  // its last part
  std::vector<dnnl::memory> buffers_;
  std::vector<Arguments> arguments_;  // of each step
  std::map<graph::NodeId, Arguments> output_arguments_;
};

}  // namespace

bool has_native_bfloat16() { return onednn::multiplies_bfloat16(); }

bool has_native_int8() { return onednn::multiplies_int8(); }

std::string to_string(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "fp32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return "";
}

struct Executor::Implementation {
  // A plan for one batch size, and the workspaces that no run uses at the moment.
  struct Prepared {
    Plan plan;
    std::vector<std::unique_ptr<Workspace>> idle;
  };

  graph::Graph graph;
  std::vector<graph::NodeId> outputs;
  Precision precision;
  graph::Pair size;
  Program program;
  Quantization quantization;
  std::vector<base::Shape> shapes;  // for one picture
  WeightStore weights;
  Convolutions convolutions;
  cache::Measurements measurements;
  ConvolutionChoices choices;
  std::mutex mutex;
  std::map<std::int64_t, Prepared> prepared;  // by batch size

  explicit Implementation(const ExecutorOptions& options)
      : precision(options.precision),
        convolutions(options.convolutions),
        measurements(
            options.convolutions == Convolutions::kFastest ? options.measurements : base::Path(),
            onednn::processor()),
        choices(options.convolutions, measurements) {}

  // Makes the plan at first use. The reference stays valid.
  Prepared& prepare(std::int64_t batch) {
    const std::lock_guard lock(mutex);
    const auto found = prepared.find(batch);
    if (found != prepared.end()) return found->second;
    Plan plan =
        make_plan(graph, program, outputs, batch, size, precision, weights, choices, quantization);
    measurements.save();
    return prepared.emplace(batch, Prepared{std::move(plan), {}}).first->second;
  }

  void run(std::span<const float> pictures, graph::NodeId output, std::span<float> result,
           Ranges* ranges) {
    const auto picture_size = static_cast<std::size_t>(base::element_count(shapes[0]));
    const std::size_t batch = pictures.size() / picture_size;
    assert(batch > 0 && pictures.size() == batch * picture_size);
    assert(result.size() == batch * static_cast<std::size_t>(element_count(shapes[output])));
    const onednn::SingleThread alone;
    Prepared& made = prepare(static_cast<std::int64_t>(batch));
    std::unique_ptr<Workspace> workspace = borrow(made);
    workspace->run(made.plan, pictures, output, result, ranges);
    give_back(made, std::move(workspace));
  }

  // Seconds a picture in batches of this size, the shorter of two runs of at least kMostAtOnce.
  double seconds_a_picture(graph::NodeId output, std::int64_t batch) {
    const std::int64_t runs = std::max<std::int64_t>(1, kMostAtOnce / batch);
    const std::vector<float> pictures(
        static_cast<std::size_t>(batch * base::element_count(shapes[0])), 0.5F);
    std::vector<float> result(
        static_cast<std::size_t>(batch * base::element_count(shapes[output])));
    run(pictures, output, result, nullptr);  // makes the plan
    const double seconds = cache::shortest_seconds([&] {
      for (std::int64_t i = 0; i < runs; ++i) run(pictures, output, result, nullptr);
    });
    return seconds / static_cast<double>(runs * batch);
  }

  std::int64_t measure_best_batch(graph::NodeId output) {
    // What one picture needs beyond the caches, it needs in any batch; the longer it takes, the
    // less there is to gain, and the longer measuring takes.
    constexpr double kShortSeconds = 0.008;
    constexpr double kLongSeconds = 0.025;
    const double alone = seconds_a_picture(output, 1);
    if (alone > kLongSeconds) return kMostAtOnce;
    std::int64_t best = kMostAtOnce;
    double least = seconds_a_picture(output, best);
    const std::vector<std::int64_t> others =
        alone > kShortSeconds ? std::vector<std::int64_t>{4} : std::vector<std::int64_t>{4, 2, 1};
    for (const std::int64_t batch : others) {
      // Larger batches where it hardly matters: they share what is done once a batch.
      constexpr double kWorthwhile = 0.97;
      const double seconds = batch == 1 ? alone : seconds_a_picture(output, batch);
      if (seconds < kWorthwhile * least) {
        least = seconds;
        best = batch;
      }
    }
    return best;
  }

  std::unique_ptr<Workspace> borrow(Prepared& from) {
    {
      const std::lock_guard lock(mutex);
      if (!from.idle.empty()) {
        std::unique_ptr<Workspace> workspace = std::move(from.idle.back());
        from.idle.pop_back();
        return workspace;
      }
    }
    return std::make_unique<Workspace>(from.plan);
  }

  void give_back(Prepared& to, std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex);
    to.idle.push_back(std::move(workspace));
  }
};

Executor::Executor(const graph::Graph& graph, const base::StateDict& parameters,
                   std::vector<graph::NodeId> outputs, ExecutorOptions options)
    : implementation_(std::make_unique<Implementation>(options)) {
  if (options.precision == Precision::kBFloat16 && !has_native_bfloat16()) {
    throw Error("this processor has no bfloat16 arithmetic; use fp32");
  }
  Implementation& own = *implementation_;
  own.graph = graph;
  own.outputs = std::move(outputs);
  own.size = options.size_for(graph);
  own.program = lower(graph, parameters, own.outputs);
  if (own.precision == Precision::kInt8) {
    own.quantization = Quantization(own.program, own.outputs, options.ranges);
  }
  own.shapes = graph::infer_shapes(graph, 1, own.size);
}

Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;
Executor& Executor::operator=(Executor&&) noexcept = default;

bool Executor::computes_in_8_bits() const {
  return std::ranges::any_of(implementation_->program.operations, [&](const Operation& operation) {
    return implementation_->quantization.is_quantized(operation);
  });
}

base::Shape Executor::output_shape(graph::NodeId output) const {
  const base::Shape& shape = implementation_->shapes[output];
  return {shape.begin() + 1, shape.end()};
}

std::int64_t Executor::best_batch(graph::NodeId output, std::int64_t pictures) const {
  constexpr std::int64_t kEnough = 256;
  Implementation& own = *implementation_;
  if (own.convolutions != Convolutions::kFastest || pictures < kEnough) return kMostAtOnce;
  const std::string name = fmt::format("batch of {} up to {}, {} x {}, {}", own.graph.architecture,
                                       own.graph.nodes[output].name, own.size.height,
                                       own.size.width, to_string(own.precision));
  const double found = own.measurements.get(
      name, [&] { return static_cast<double>(own.measure_best_batch(output)); });
  own.measurements.save();
  return std::clamp<std::int64_t>(std::llround(found), 1, kMostAtOnce);
}

void Executor::run(std::span<const float> pictures, graph::NodeId output,
                   std::span<float> result) const {
  implementation_->run(pictures, output, result, nullptr);
}

void Executor::measure_ranges(std::span<const float> pictures, graph::NodeId output,
                              std::span<float> result, Ranges& ranges) const {
  assert(implementation_->precision == Precision::kFloat32);
  implementation_->run(pictures, output, result, &ranges);
}

}  // namespace engraft::infer
