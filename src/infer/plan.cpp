#include "infer/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

#include "base/large_buffer.h"
#include "engraft/error.h"
#include "onednn/channel_shuffle.h"
#include "onednn/winograd.h"

namespace engraft::infer {
namespace {

using Kind = Operation::Kind;
using onednn::Desc;
using onednn::Type;

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

// Of what is not in 8 bits.
Type working_type(Precision precision) {
  if (precision == Precision::kInt8) return onednn::wider_type();
  return precision == Precision::kBFloat16 ? Type::bf16 : Type::f32;
}

class Planner {
 public:
  Planner(const graph::Graph& graph, const Program& program,
          const std::vector<graph::NodeId>& outputs, std::int64_t batch, graph::Pair size,
          const ComputePlan& compute, WeightStore& weights, const Quantization& quantization)
      : graph_(graph),
        program_(program),
        outputs_(outputs),
        shapes_(graph::infer_shapes(graph, batch, size)),
        compute_(compute),
        type_(working_type(compute.precision)),
        weights_(weights),
        quantization_(quantization) {
    buffer_of_[0] = new_buffer(onednn::plain(shapes_[0], Type::f32));
  }

  Plan run() {
    for (std::size_t i = 0; i < program_.operations.size(); ++i) {
      const graph::Node& node = graph_.nodes[program_.operations[i].node];
      try {
        add(i);
      } catch (const dnnl::error& error) {
        throw Error(fmt::format("{}, {}: oneDNN {} cannot compute {} here: {}", graph_.architecture,
                                node.name, onednn::version(), graph::describe(node.layer),
                                error.what()));
      }
    }
    for (const graph::NodeId output : outputs_) add_output(output);
    place_buffers();
    return std::move(plan_);
  }

 private:
  std::size_t new_buffer(const Desc& layout, float scale = 1) {
    plan_.buffers.push_back({layout, 0, plan_.buffers.size(), scale});
    return plan_.buffers.size() - 1;
  }

  std::size_t storage(std::size_t buffer) const { return plan_.buffers[buffer].storage; }

  const Desc& layout(std::size_t buffer) const { return plan_.buffers[buffer].layout; }

  void add_step(Step step) {
    plan_.scratchpad_bytes = std::max(
        {plan_.scratchpad_bytes, step.primitive.scratchpad_bytes, step.kernel.scratch_bytes});
    plan_.steps.push_back(std::move(step));
  }

  // The buffer's value in another layout: itself, or a reordered copy.
  std::size_t in_layout(std::size_t buffer, const Desc& wanted) {
    return layout(buffer) == wanted ? buffer : copy(buffer, wanted);
  }

  float scale(std::size_t buffer) const { return plan_.buffers[buffer].scale; }

  bool is_in_8_bits(std::size_t buffer) const {
    const Type type = onednn::type_of(layout(buffer));
    return type == Type::u8 || type == Type::s8;
  }

  std::size_t copy(std::size_t buffer, const Desc& wanted) {
    const bool same_type = onednn::type_of(wanted) == onednn::type_of(layout(buffer));
    return copy(buffer, wanted, same_type ? scale(buffer) : 1);
  }

  // By value: `wanted` may be the layout of a buffer, and those move when one is added.
  std::size_t copy(std::size_t buffer, Desc wanted, float wanted_scale) {
    const std::size_t result = new_buffer(wanted, wanted_scale);
    add_step({onednn::reorder(layout(buffer), wanted, scale(buffer) / wanted_scale),
              {{DNNL_ARG_FROM, buffer}, {DNNL_ARG_TO, result}},
              {}});
    return result;
  }

  bool lies_in(graph::NodeId value, std::size_t buffer) const {
    const auto found = buffer_of_.find(value);
    return found != buffer_of_.end() && storage(found->second) == storage(buffer);
  }

  // Whether any operation after the i-th reads what lies in the buffer, or the caller may.
  bool is_read_after(std::size_t i, std::size_t buffer) const {
    for (const graph::NodeId output : outputs_) {
      if (lies_in(program_.value_of[output], buffer)) return true;
    }
    for (std::size_t later = i + 1; later < program_.operations.size(); ++later) {
      const Operation& operation = program_.operations[later];
      if (operation.addend && lies_in(*operation.addend, buffer)) return true;
      for (const graph::NodeId input : operation.inputs) {
        if (lies_in(input, buffer)) return true;
      }
    }
    return false;
  }

  void add(std::size_t i) {
    const Operation& operation = program_.operations[i];
    switch (operation.kind) {
      case Kind::kConvolution:
        return add_convolution(i);
      case Kind::kLinear:
        return add_linear(i);
      case Kind::kLayerNorm:
        return add_layer_norm(operation);
      case Kind::kPermute:
        return add_permute(operation);
      case Kind::kKernel:
        return add_kernel(operation);
      case Kind::kMaxPool:
      case Kind::kAveragePool:
        return add_pooling(operation);
      case Kind::kActivation: {
        std::size_t source = in_working_type(buffer_of_.at(operation.inputs[0]));
        for (const onednn::Primitive& one :
             onednn::activation(operation.activation, layout(source))) {
          add_simple(operation, {source}, one);
          source = buffer_of_.at(operation.result);
        }
        return;
      }
      case Kind::kSum: {
        const std::vector<std::size_t> sources = comparable_inputs(operation);
        return add_simple(operation, sources, onednn::sum(layouts(sources)));
      }
      case Kind::kMultiply:
        return add_multiply(operation);
      case Kind::kSlice:
        return add_slice(operation);
      case Kind::kShuffle:
        return add_shuffle(operation);
      case Kind::kConcat: {
        const std::vector<std::size_t> sources = quantization_.is_stored_in_8_bits(operation.result)
                                                     ? quantized_inputs(operation)
                                                     : comparable_inputs(operation);
        return add_simple(operation, sources, onednn::concat(layouts(sources)));
      }
    }
  }

  // The inputs' values, all in the working type and with as many dimensions as the result. (The
  // pictures are float32; a flattened value still lies as the picture-shaped one that it is.)
  std::vector<std::size_t> comparable_inputs(const Operation& operation) {
    std::vector<std::size_t> result;
    for (const graph::NodeId input : operation.inputs) {
      const std::size_t buffer = in_working_type(buffer_of_.at(input));
      const base::Shape& shape = shapes_[operation.result];
      const bool fits = onednn::shape_of(layout(buffer)).size() == shape.size();
      result.push_back(fits ? buffer : in_shape(buffer, shape));
    }
    return result;
  }

  std::vector<std::size_t> quantized_inputs(const Operation& operation) {
    std::vector<std::size_t> result;
    for (const graph::NodeId input : operation.inputs) result.push_back(quantized(input));
    return result;
  }

  // The value in 8 bits; a copy is made once for all that read it.
  std::size_t quantized(graph::NodeId value) {
    const std::size_t buffer = buffer_of_.at(value);
    if (is_in_8_bits(buffer)) return buffer;
    const auto found = quantized_.find(value);
    if (found != quantized_.end()) return found->second;
    const onednn::Quantum quantum = quantization_.quantum(value).value();
    const base::Shape shape = onednn::shape_of(layout(buffer));
    return quantized_[value] =
               copy(buffer, onednn::channels_last(shape, quantum.type), quantum.scale);
  }

  std::size_t in_working_type(std::size_t buffer) {
    const Desc& stored = layout(buffer);
    if (onednn::type_of(stored) == type_) return buffer;
    return copy(buffer, onednn::plain(onednn::shape_of(stored), type_));
  }

  // The same numbers in row-major order, seen in another shape.
  std::size_t in_shape(std::size_t buffer, const base::Shape& shape) {
    return row_major(buffer, shape, type_);
  }

  std::size_t row_major(std::size_t buffer, const base::Shape& shape, Type type) {
    const Desc own = onednn::plain(onednn::shape_of(layout(buffer)), type);
    return seen_as(in_layout(buffer, own), onednn::plain(shape, type));
  }

  // The same memory under another layout.
  std::size_t seen_as(std::size_t buffer, const Desc& as) {
    if (layout(buffer) == as) return buffer;
    const std::size_t result = new_buffer(as);
    plan_.buffers[result].storage = storage(buffer);
    plan_.buffers[result].scale = scale(buffer);
    return result;
  }

  std::vector<Desc> layouts(const std::vector<std::size_t>& buffers) const {
    std::vector<Desc> result;
    for (const std::size_t buffer : buffers) result.push_back(layout(buffer));
    return result;
  }

  void add_simple(const Operation& operation, const std::vector<std::size_t>& sources,
                  const onednn::Primitive& primitive) {
    const bool several = operation.kind == Kind::kSum || operation.kind == Kind::kConcat;
    Step step{primitive, {}, {}};
    for (std::size_t k = 0; k < sources.size(); ++k) {
      const int argument = several ? DNNL_ARG_MULTIPLE_SRC + static_cast<int>(k) : DNNL_ARG_SRC;
      step.buffers.emplace_back(argument, sources[k]);
    }
    // Where numbers stay in 8 bits, they go on standing for the same.
    finish(operation, std::move(step), new_buffer(primitive.destination, scale(sources[0])));
  }

  void add_multiply(const Operation& operation) {
    const std::size_t source = in_working_type(buffer_of_.at(operation.inputs[0]));
    const std::size_t scale = in_working_type(buffer_of_.at(operation.inputs[1]));
    const onednn::Primitive primitive = onednn::multiply(layout(source), layout(scale));
    Step step{primitive, {{DNNL_ARG_SRC_0, source}, {DNNL_ARG_SRC_1, scale}}, {}};
    finish(operation, std::move(step), new_buffer(primitive.destination));
  }

  void add_shuffle(const Operation& operation) {
    const std::int64_t groups = std::get<graph::ChannelShuffle>(operation.layer).groups;
    const std::size_t source = in_working_type(buffer_of_.at(operation.inputs[0]));
    if (!onednn::is_channels_last(layout(source))) {
      return add_simple(operation, {source}, onednn::channel_shuffle(layout(source), groups));
    }
    Step step;
    step.buffers.emplace_back(DNNL_ARG_SRC, source);
    step.kernel = onednn::shuffle_channels_last(layout(source), groups);
    finish(operation, std::move(step), new_buffer(layout(source)));
  }

  // A copy: of channels that lie last as they lie, else out of the row-major value, since blocks of
  // channels may straddle the slice's edges.
  void add_slice(const Operation& operation) {
    const auto& slice = std::get<graph::Slice>(operation.layer);
    const std::size_t stored = in_working_type(buffer_of_.at(operation.inputs[0]));
    const bool channels_last = onednn::is_channels_last(layout(stored));
    const auto dense = [&](const base::Shape& shape) {
      return channels_last ? onednn::channels_last(shape, type_) : onednn::plain(shape, type_);
    };
    const std::size_t whole = in_layout(stored, dense(onednn::shape_of(layout(stored))));
    const std::size_t part = new_buffer(onednn::channels_of(layout(whole), slice.begin, slice.end));
    plan_.buffers[part].storage = storage(whole);
    buffer_of_[operation.result] = copy(part, dense(shapes_[operation.result]));
    plan_.steps.back().value = operation.result;
  }

  void add_convolution(std::size_t i) {
    const Operation& operation = program_.operations[i];
    if (quantization_.is_quantized(operation) && add_int8_convolution(i)) return;
    const auto& conv = std::get<graph::Conv2d>(operation.layer);
    const std::size_t source = buffer_of_.at(operation.inputs[0]);
    const base::Shape& shape = shapes_[operation.result];
    Desc wanted = onednn::any(shape, type_);
    std::size_t destination = kNever;
    if (operation.addend) {
      // The sum is formed in the addend's place where nobody else needs it, else in a copy.
      destination = buffer_of_.at(*operation.addend);
      if (destination == 0 || onednn::type_of(layout(destination)) != type_) {
        destination = copy(destination, onednn::plain(shape, type_));
      } else if (storage(destination) == storage(source) || is_read_after(i, destination)) {
        destination = copy(destination, layout(destination));
      }
      wanted = layout(destination);
    }
    const base::Shape source_shape = onednn::shape_of(layout(source));
    const onednn::Fusion fusion{operation.addend.has_value(), operation.activation};
    const onednn::Primitive direct = onednn::convolution(conv, source_shape, type_, wanted, fusion);
    if (destination == kNever) destination = new_buffer(direct.destination);
    if (compute_.filtered.contains(graph_.nodes[operation.node].name) &&
        onednn::Winograd::fits(conv, direct.sources[0], direct.destination, fusion.activation)) {
      return add_winograd(operation,
                          onednn::Winograd(conv, direct.sources[0], direct.destination, fusion),
                          in_layout(source, direct.sources[0]), destination);
    }
    add_product(operation, direct, in_layout(source, direct.sources[0]), destination);
  }

  // Returns false where oneDNN has no fast way for it.
  bool add_int8_convolution(std::size_t i) {
    const Operation& operation = program_.operations[i];
    const auto& conv = std::get<graph::Conv2d>(operation.layer);
    const base::Shape& shape = shapes_[operation.result];
    const onednn::Quantum source_quantum = quantization_.quantum(operation.inputs[0]).value();
    onednn::Quantum result{type_};
    if (quantization_.is_stored_in_8_bits(operation.result)) {
      result = quantization_.quantum(operation.result).value();
    }
    onednn::Quantum addend{type_};
    if (operation.addend && result.type != type_) {
      const std::optional<onednn::Quantum> quantum = quantization_.quantum(*operation.addend);
      if (!quantum) return false;
      addend = *quantum;
    }
    const Desc wanted = operation.addend ? onednn::channels_last(shape, result.type)
                                         : onednn::any(shape, result.type);
    const std::optional<onednn::Primitive> primitive = onednn::convolution_int8(
        conv, shapes_[operation.inputs[0]], source_quantum, weight_scales(operation), wanted,
        result, addend, {operation.addend.has_value(), operation.activation});
    if (!primitive) return false;

    const std::size_t source = in_layout(quantized(operation.inputs[0]), primitive->sources[0]);
    const std::size_t destination = operation.addend
                                        ? sum_place(i, source, addend, *primitive, result.scale)
                                        : new_buffer(primitive->destination, result.scale);
    Step step{*primitive, {{DNNL_ARG_SRC, source}}, {}};
    step.weights = {{DNNL_ARG_WEIGHTS, weights_.int8_weight(operation, primitive->weights)},
                    {DNNL_ARG_BIAS, weights_.int8_bias(operation, source_quantum.scale)}};
    finish(operation, std::move(step), destination);
    return true;
  }

  // The addend's memory where nobody else needs it, else that of a copy, under the result's type
  // and scale.
  std::size_t sum_place(std::size_t i, std::size_t source, const onednn::Quantum& addend,
                        const onednn::Primitive& primitive, float result_scale) {
    const graph::NodeId value = *program_.operations[i].addend;
    const std::size_t own = buffer_of_.at(value);
    const std::size_t stored = addend.type == type_ ? in_working_type(own) : quantized(value);
    const Desc place = onednn::channels_last(onednn::shape_of(primitive.destination), addend.type);
    const bool in_place = layout(stored) == place && storage(stored) == storage(own) &&
                          storage(own) != 0 && storage(own) != storage(source) &&
                          !is_read_after(i, own);
    const std::size_t summed = in_place ? stored : copy(stored, place);
    const std::size_t destination = seen_as(summed, primitive.destination);
    plan_.buffers[destination].scale = result_scale;  // nobody reads the addend there any more
    return destination;
  }

  void add_winograd(const Operation& operation, const onednn::Winograd& winograd,
                    std::size_t source, std::size_t destination) {
    Step step;
    step.buffers.emplace_back(DNNL_ARG_SRC, source);
    step.kernel = winograd.kernel(weights_.winograd_weights(operation, winograd.weights_layout()),
                                  operation.bias);
    finish(operation, std::move(step), destination);
  }

  // Each picture is some rows: its tokens, its pixels with their channels last, or itself as one.
  void add_linear(std::size_t i) {
    const Operation& operation = program_.operations[i];
    const auto& linear = std::get<graph::Linear>(operation.layer);
    const base::Shape& shape = shapes_[operation.result];
    const std::int64_t pictures = shape[0];
    const std::int64_t count = base::element_count(shape) / linear.out_features;
    const base::Shape rows{count, linear.in_features};
    const base::Shape results{count, linear.out_features};
    const std::size_t source = row_major(buffer_of_.at(operation.inputs[0]), rows, type_);
    std::size_t destination = kNever;
    if (operation.addend) {
      destination = row_major(buffer_of_.at(*operation.addend), results, type_);
      if (storage(destination) == storage(source) || is_read_after(i, destination) ||
          storage(destination) == 0) {
        destination = copy(destination, layout(destination));
      }
    } else {
      destination = new_buffer(onednn::plain(results, type_));
    }
    const onednn::Primitive product = onednn::product_of_rows(
        {count / pictures, linear.in_features}, pictures, linear.out_features, type_,
        {operation.addend.has_value(), operation.activation});
    add_product(operation, product, source, destination);
    buffer_of_[operation.result] = seen_as(destination, onednn::plain(shape, type_));
  }

  void add_layer_norm(const Operation& operation) {
    const auto& norm = std::get<graph::LayerNorm>(operation.layer);
    const base::Shape& shape = shapes_[operation.result];
    const base::Shape rows{base::element_count(shape) / norm.features, norm.features};
    // As it is seen where channels come last: this very layout, or that of a picture.
    Desc seen = onednn::plain(shape, Type::f32);
    if (norm.channels_first) {
      const base::Shape channels_last{shape[0], shape[2], shape[3], shape[1]};
      seen = onednn::permuted(onednn::plain(channels_last, Type::f32), {0, 3, 1, 2});
    }
    const std::size_t stored = buffer_of_.at(operation.inputs[0]);
    const bool flattened = onednn::shape_of(layout(stored)).size() != shape.size();
    const std::size_t source =
        seen_as(flattened ? row_major(stored, shape, Type::f32) : in_layout(stored, seen),
                onednn::plain(rows, Type::f32));
    const std::size_t destination = new_buffer(onednn::plain(rows, Type::f32));
    Step step{onednn::layer_norm(rows, norm.eps), {{DNNL_ARG_SRC, source}}, {}};
    step.weights = {{DNNL_ARG_SCALE, onednn::memory_of(operation.weight)},
                    {DNNL_ARG_SHIFT, onednn::memory_of(operation.bias)}};
    finish(operation, std::move(step), destination);
    buffer_of_[operation.result] = seen_as(destination, seen);
  }

  // No number moves unless they lie in blocks.
  void add_permute(const Operation& operation) {
    const auto& order = std::get<graph::Permute>(operation.layer).order;
    std::size_t source = buffer_of_.at(operation.inputs[0]);
    if (onednn::is_blocked(layout(source))) {
      std::array<int, 4> back{};
      for (std::size_t i = 0; i < order.size(); ++i) {
        back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
      }
      const Desc wanted = onednn::plain(shapes_[operation.result], onednn::type_of(layout(source)));
      source = in_layout(source, onednn::permuted(wanted, back));
    }
    buffer_of_[operation.result] = seen_as(source, onednn::permuted(layout(source), order));
  }

  void add_kernel(const Operation& operation) {
    const base::Shape& shape = shapes_[operation.result];
    std::vector<std::size_t> sources;
    std::vector<base::Shape> source_shapes;
    for (const graph::NodeId input : operation.inputs) {
      source_shapes.push_back(shapes_[input]);
      sources.push_back(row_major(buffer_of_.at(input), source_shapes.back(), Type::f32));
    }
    Step step;
    for (const std::size_t source : sources) step.buffers.emplace_back(DNNL_ARG_SRC, source);
    step.kernel = onednn::make_kernel(operation.layer, operation.constants, source_shapes, shape);
    finish(operation, std::move(step), new_buffer(onednn::plain(shape, Type::f32)));
  }

  void add_product(const Operation& operation, const onednn::Primitive& primitive,
                   std::size_t source, std::size_t destination) {
    Step step{primitive, {{DNNL_ARG_SRC, source}}, {}};
    step.weights = {{DNNL_ARG_WEIGHTS, weights_.weight(operation, primitive.weights)},
                    {DNNL_ARG_BIAS, weights_.bias(operation)}};
    finish(operation, std::move(step), destination);
  }

  void add_pooling(const Operation& operation) {
    const std::size_t stored = buffer_of_.at(operation.inputs[0]);
    const base::Shape in = onednn::shape_of(layout(stored));
    const base::Shape& out = shapes_[operation.result];
    if (std::holds_alternative<graph::AdaptiveAvgPool2d>(operation.layer) &&
        in == out) {  // every window is one pixel
      buffer_of_[operation.result] = stored;
      return;
    }
    const bool stays = quantization_.is_stored_in_8_bits(operation.result) && is_in_8_bits(stored);
    const std::size_t source = stays ? stored : in_working_type(stored);
    if (const auto* pool = std::get_if<graph::MaxPool2d>(&operation.layer)) {
      return add_simple(operation, {source},
                        onednn::pooling(dnnl::algorithm::pooling_max, layout(source), out,
                                        pool->kernel, pool->stride, pool->padding));
    }
    if (const auto* pool = std::get_if<graph::AvgPool2d>(&operation.layer)) {
      return add_simple(
          operation, {source},
          onednn::pooling(dnnl::algorithm::pooling_avg_include_padding, layout(source), out,
                          pool->kernel, pool->stride, pool->padding));
    }
    if (in[2] % out[2] == 0 && in[3] % out[3] == 0) {
      const graph::Pair window(in[2] / out[2], in[3] / out[3]);
      return add_simple(operation, {source},
                        onednn::pooling(dnnl::algorithm::pooling_avg_exclude_padding,
                                        layout(source), out, window, window, 0));
    }
    add_kernel(operation);  // windows that differ in size
  }

  void finish(const Operation& operation, Step step, std::size_t destination) {
    step.buffers.emplace_back(DNNL_ARG_DST, destination);
    step.value = operation.result;
    add_step(std::move(step));
    buffer_of_[operation.result] = destination;
  }

  void add_output(graph::NodeId output) {
    OutputPlan result;
    result.buffer = buffer_of_.at(program_.value_of[output]);
    const Desc& stored = layout(result.buffer);
    result.reorder = onednn::reorder(stored, onednn::plain(onednn::shape_of(stored), Type::f32),
                                     scale(result.buffer));
    plan_.scratchpad_bytes = std::max(plan_.scratchpad_bytes, result.reorder.scratchpad_bytes);
    // Backwards from the output: a step is needed when it writes what a needed one reads.
    std::set<std::size_t> wanted{storage(result.buffer)};
    for (std::size_t i = plan_.steps.size(); i-- > 0;) {
      const Step& step = plan_.steps[i];
      if (!wanted.contains(storage(step.buffers.back().second))) continue;
      result.steps.push_back(i);
      for (const auto& [argument, buffer] : step.buffers) wanted.insert(storage(buffer));
    }
    std::reverse(result.steps.begin(), result.steps.end());
    plan_.outputs[output] = std::move(result);
  }

  // Largest first, each buffer at the lowest place that is free for its whole life.
  void place_buffers() {
    const std::size_t count = plan_.buffers.size();
    std::vector<std::size_t> born(count, kNever);
    std::vector<std::size_t> dies(count, 0);
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      for (const auto& [argument, buffer] : plan_.steps[i].buffers) {
        born[storage(buffer)] = std::min(born[storage(buffer)], i);
        dies[storage(buffer)] = i;
      }
    }
    for (const auto& [node, output] : plan_.outputs) {
      dies[storage(output.buffer)] = plan_.steps.size();
    }
    std::vector<std::size_t> order;
    for (std::size_t b = 1; b < count; ++b) {
      if (storage(b) == b) order.push_back(b);
    }
    const auto bytes = [&](std::size_t b) { return base::to_cache_lines(layout(b).get_size()); };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return bytes(a) > bytes(b); });
    std::vector<std::size_t> placed;  // by offset
    for (const std::size_t b : order) {
      std::size_t offset = 0;
      for (const std::size_t other : placed) {
        const bool at_the_same_time = born[other] <= dies[b] && born[b] <= dies[other];
        const std::size_t begin = plan_.buffers[other].offset;
        if (at_the_same_time && begin < offset + bytes(b)) {
          offset = std::max(offset, begin + bytes(other));
        }
      }
      plan_.buffers[b].offset = offset;
      plan_.workspace_bytes = std::max(plan_.workspace_bytes, offset + bytes(b));
      placed.insert(std::upper_bound(placed.begin(), placed.end(), offset,
                                     [&](std::size_t value, std::size_t other) {
                                       return value < plan_.buffers[other].offset;
                                     }),
                    b);
    }
    for (Buffer& buffer : plan_.buffers) buffer.offset = plan_.buffers[buffer.storage].offset;
  }

  const graph::Graph& graph_;
  const Program& program_;
  const std::vector<graph::NodeId>& outputs_;
  std::vector<base::Shape> shapes_;
  const ComputePlan& compute_;
  Type type_;
  WeightStore& weights_;
  const Quantization& quantization_;
  Plan plan_;
  std::map<graph::NodeId, std::size_t> buffer_of_;  // of each value
  std::map<graph::NodeId, std::size_t> quantized_;  // copies in 8 bits of those that are kept wider
};

}  // namespace

Plan make_plan(const graph::Graph& graph, const Program& program,
               const std::vector<graph::NodeId>& outputs, std::int64_t batch, graph::Pair size,
               const ComputePlan& compute, WeightStore& weights, const Quantization& quantization) {
  return Planner(graph, program, outputs, batch, size, compute, weights, quantization).run();
}

}  // namespace engraft::infer
