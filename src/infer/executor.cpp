#include "infer/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cmath>
#include <map>
#include <mutex>

#include "base/large_buffer.h"
#include "engraft/error.h"
#include "infer/batch_rule.h"
#include "infer/plan.h"
#include "onednn/onednn.h"

namespace engraft::infer {
namespace {

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
      if (step.primitive.times > 1) {
        arguments.at(DNNL_ARG_SRC) = nowhere(step.primitive.sources[0]);
        arguments.at(DNNL_ARG_DST) = nowhere(step.primitive.destination);
      }
      for (const auto& [argument, weights] : step.weights) arguments.emplace(argument, weights);
      onednn::add_own(arguments, step.primitive, scratchpad);
      arguments_.push_back(std::move(arguments));
    }
    for (const auto& [node, output] : plan.outputs) {
      Arguments arguments;
      arguments.emplace(DNNL_ARG_FROM, buffers_[output.buffer]);
      arguments.emplace(DNNL_ARG_TO, nowhere(output.reorder.destination));
      onednn::add_own(arguments, output.reorder, scratchpad);
      output_arguments_.emplace(node, std::move(arguments));
    }
  }

  // `ranges` may be null, and so may `release`: weights that go after each step.
  void run(const Plan& plan, std::span<const float> pictures, graph::NodeId output,
           std::span<float> result, Ranges* ranges, const KeptWeights* release) {
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
      } else if (step.primitive.times > 1) {
        run_repeatedly(step, arguments_[i], stream);
      } else {
        step.primitive.primitive.execute(stream, arguments_[i]);
      }
      if (release != nullptr) {
        stream.wait();
        release->release();
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

  // Memory whose place is said before each use.
  static dnnl::memory nowhere(const onednn::Desc& layout) {
    return {layout, onednn::engine(), nullptr};
  }

  void run_repeatedly(const Step& step, Arguments& arguments, dnnl::stream& stream) {
    const auto begin = [&](const std::pair<int, std::size_t>& buffer) {
      return static_cast<std::byte*>(buffers_[buffer.second].get_data_handle());
    };
    std::byte* source = begin(step.buffers.front());
    std::byte* destination = begin(step.buffers.back());
    for (std::int64_t i = 0; i < step.primitive.times; ++i) {
      arguments.at(DNNL_ARG_SRC).set_data_handle(source);
      arguments.at(DNNL_ARG_DST).set_data_handle(destination);
      step.primitive.primitive.execute(stream, arguments);
      source += step.primitive.sources[0].get_size();
      destination += step.primitive.destination.get_size();
    }
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

struct Executor::Implementation {
  // A plan for one batch size, and the workspaces that no run uses at the moment.
  struct Prepared {
    std::once_flag once;
    Plan plan;
    std::vector<std::unique_ptr<Workspace>> idle;
  };

  graph::Graph graph;
  std::vector<graph::NodeId> outputs;
  ComputePlan compute;
  graph::Pair size;
  Program program;
  Quantization quantization;
  std::vector<base::Shape> shapes;  // for one picture
  KeptWeights kept;
  WeightStore weights{kept};
  std::atomic<bool> has_run{false};
  std::mutex mutex;                           // of what follows; not held while a plan is made
  std::map<std::int64_t, Prepared> prepared;  // by batch size

  Implementation(const graph::Graph& network, const ExecutorOptions& options)
      : graph(network),
        compute(options.plan),
        kept(options.weights_cache,
             fmt::format("rearranged weights of {} for {}; {}; plan {}", network.architecture,
                         describe(options.plan), options.parameters,
                         hash_of(options.plan, network))) {}

  // Makes the plan at first use; others that need the same one wait for it. The reference stays
  // valid.
  Prepared& prepare(std::int64_t batch) {
    Prepared& found = [&]() -> Prepared& {
      const std::lock_guard lock(mutex);
      return prepared[batch];
    }();
    std::call_once(found.once, [&] {
      found.plan = make_plan(graph, program, outputs, batch, size, compute, weights, quantization);
      kept.save();
    });
    return found;
  }

  void run(std::span<const float> pictures, graph::NodeId output, std::span<float> result,
           Ranges* ranges) {
    const auto picture_size = static_cast<std::size_t>(base::element_count(shapes[0]));
    const std::size_t batch = pictures.size() / picture_size;
    assert(batch > 0 && pictures.size() == batch * picture_size);
    assert(result.size() == batch * static_cast<std::size_t>(base::element_count(shapes[output])));
    const onednn::SingleThread alone;
    Prepared& made = prepare(static_cast<std::int64_t>(batch));
    std::unique_ptr<Workspace> workspace = borrow(made);
    try {
      // The first run may be the only one, which needs no layer's weights when it is past them.
      const bool first = !has_run.exchange(true);
      workspace->run(made.plan, pictures, output, result, ranges, first ? &kept : nullptr);
    } catch (const dnnl::error& error) {
      throw Error(fmt::format("{}: oneDNN {} failed while computing: {}", graph.architecture,
                              onednn::version(), error.what()));
    }
    give_back(made, std::move(workspace));
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
    : implementation_(std::make_unique<Implementation>(graph, options)) {
  if (implementation_->compute.precision == Precision::kBFloat16 && !has_native_bfloat16()) {
    throw Error("this processor has no bfloat16 arithmetic; use fp32");
  }
  Implementation& own = *implementation_;
  own.outputs = std::move(outputs);
  own.size = options.size_for(graph);
  own.program = lower(graph, parameters, own.outputs);
  if (own.compute.precision == Precision::kInt8) {
    own.quantization = Quantization(graph, own.program, own.outputs, own.compute);
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

std::int64_t Executor::best_batch() const {
  const Implementation& own = *implementation_;
  return batch_for(own.graph, own.program, own.shapes, own.compute, kMostAtOnce);
}

void Executor::run(std::span<const float> pictures, graph::NodeId output,
                   std::span<float> result) const {
  implementation_->run(pictures, output, result, nullptr);
}

void Executor::measure_ranges(std::span<const float> pictures, graph::NodeId output,
                              std::span<float> result, Ranges& ranges) const {
  assert(implementation_->compute.precision == Precision::kFloat32);
  implementation_->run(pictures, output, result, &ranges);
}

}  // namespace engraft::infer
