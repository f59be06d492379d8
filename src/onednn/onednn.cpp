#include "onednn/onednn.h"

#include <omp.h>

#include <fmt/format.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include <string_view>

#include "engraft/error.h"
#include "onednn/processor.h"
#include "onednn/versions.h"

namespace engraft::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
using versions::Elementwise;

dnnl::memory::dims dims(const base::Shape& shape) { return {shape.begin(), shape.end()}; }

dnnl::memory::dims dims(graph::Pair pair) { return {pair.height, pair.width}; }

std::vector<Elementwise> elementwise(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return {};
    case Activation::kRelu:
      return {{algorithm::eltwise_relu, 0, 0}};
    case Activation::kRelu6:
      return {{algorithm::eltwise_clip, 0, 6}};
    case Activation::kHardswish:
      return {versions::kHardswish};
    case Activation::kHardsigmoid:
      return {{algorithm::eltwise_linear, 1.0F / 6, 0.5F}, {algorithm::eltwise_clip, 0, 1}};
    case Activation::kSilu:
      return {{algorithm::eltwise_swish, 1, 0}};
    case Activation::kSigmoid:
      return {{algorithm::eltwise_logistic, 0, 0}};
    case Activation::kTanh:
      return {{algorithm::eltwise_tanh, 0, 0}};
    case Activation::kGelu:
      return {{algorithm::eltwise_gelu_erf, 0, 0}};
  }
  return {};
}

dnnl::primitive_attr attributes(Fusion fusion = {}) {
  dnnl::post_ops ops;
  if (fusion.sum) ops.append_sum(1.0F);
  for (const Elementwise& one : elementwise(fusion.activation)) {
    versions::append(ops, one);
  }
  return versions::attributes(ops);
}

template <typename Descriptor>
Primitive finished(dnnl::primitive primitive, const Descriptor& descriptor,
                   std::vector<Desc> sources) {
  return {std::move(primitive), std::move(sources), descriptor.weights_desc(),
          descriptor.dst_desc(), descriptor.scratchpad_desc().get_size()};
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine processor(dnnl::engine::kind::cpu, 0);
  return processor;
}

namespace {

const versions::Instructions* known_instructions() {
  const auto* found = std::ranges::find(versions::kInstructions, dnnl::get_effective_cpu_isa(),
                                        &versions::Instructions::set);
  return found == std::end(versions::kInstructions) ? nullptr : found;
}

}  // namespace

bool multiplies_bfloat16() {
  const versions::Instructions* known = known_instructions();
  return known != nullptr && known->bfloat16;
}

bool multiplies_int8() {
  const versions::Instructions* known = known_instructions();
  return known != nullptr && known->int8;
}

bool widens_filters() {
  static const bool widens =
      plays_hidden_caches() || (versions::kNeedsCacheSizes && hides_caches());
  return widens;
}

std::string instructions() {
  const versions::Instructions* known = known_instructions();
  if (known == nullptr) return "";
  return widens_filters() ? fmt::format("{}, widened", known->name) : known->name;
}

std::string version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

Type wider_type() { return multiplies_bfloat16() ? Type::bf16 : Type::f32; }

// The number of threads is a setting of the calling thread in OpenMP.
SingleThread::SingleThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }

SingleThread::~SingleThread() { omp_set_num_threads(before_); }

void add_own(Arguments& arguments, const Primitive& primitive, std::byte* begin) {
  arguments.insert(primitive.constants.begin(), primitive.constants.end());
  if (primitive.scratchpad_bytes == 0) return;
  const auto bytes = static_cast<std::int64_t>(primitive.scratchpad_bytes);
  arguments.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(plain({bytes}, Type::u8), engine(), begin));
}

void require_success(dnnl_status_t status, const char* what) {
  if (status == dnnl_success) return;
  throw Error(
      fmt::format("oneDNN {} could not compute {}: {}", version(), what, dnnl_status2str(status)));
}

Desc plain(const base::Shape& shape, Type type) {
  dnnl::memory::dims strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return {dims(shape), type, strides};
}

Desc any(const base::Shape& shape, Type type) {
  return {dims(shape), type, dnnl::memory::format_tag::any};
}

Desc channels_last(const base::Shape& shape, Type type) {
  return {dims(shape), type, dnnl::memory::format_tag::nhwc};
}

base::Shape shape_of(const Desc& desc) { return versions::shape(desc); }

Desc blocked(const base::Shape& shape, std::int64_t block, Type type) {
  using Tag = dnnl::memory::format_tag;
  return {dims(shape), type, block == 8 ? Tag::nChw8c : Tag::nChw16c};
}

std::int64_t channel_block(const Desc& desc) {
  const base::Shape shape = shape_of(desc);
  if (shape.size() != 4 || type_of(desc) != Type::f32) return 0;
  for (const std::int64_t block : {8, 16}) {
    if (desc == blocked(shape, block, Type::f32)) return block;
  }
  return 0;
}

bool is_channels_last(const Desc& desc) {
  const base::Shape shape = shape_of(desc);
  return shape.size() == 4 && desc == channels_last(shape, type_of(desc));
}

std::string text_of(const Desc& desc) { return versions::text(desc); }

dnnl::memory memory_of(const base::Tensor& tensor) {
  return {plain(tensor.shape(), Type::f32), engine(),
          const_cast<float*>(tensor.floats().data())};  // oneDNN takes no pointers to const
}

Type type_of(const Desc& desc) { return versions::type(desc); }

namespace {

// The convolution as oneDNN is to compute it.
struct Window {
  graph::Conv2d conv;
  graph::Pair far_padding;
};

Window window_of(const graph::Conv2d& conv) {
  Window window{conv, conv.padding};
  if (!widens_filters() || conv.kernel != graph::Pair(1)) return window;
  window.conv.kernel.width = 2;
  window.conv.dilation = graph::Pair(1);
  ++window.far_padding.width;  // for as many results as before
  return window;
}

base::Shape weight_shape(const graph::Conv2d& conv) {
  base::Shape weights{conv.out_channels, conv.in_channels / conv.groups, conv.kernel.height,
                      conv.kernel.width};
  if (conv.groups > 1) {
    weights[0] /= conv.groups;
    weights.insert(weights.begin(), conv.groups);
  }
  return weights;
}

// What make() gives for the descriptor of the convolution, of which these are the first arguments.
template <typename Make>
auto convolution_operation(const graph::Conv2d& conv, const Desc& source, Type weights,
                           const Desc& destination, const Make& make) {
  const auto [own, far_padding] = window_of(conv);
  const graph::Pair dilation(own.dilation.height - 1, own.dilation.width - 1);
  return make(prop_kind::forward_inference, algorithm::convolution_direct, source,
              any(weight_shape(own), weights), plain({conv.out_channels}, Type::f32), destination,
              dims(conv.stride), dims(dilation), dims(conv.padding), dims(far_padding));
}

}  // namespace

Primitive convolution(const graph::Conv2d& conv, const base::Shape& source, Type type,
                      const Desc& destination, Fusion fusion) {
  const auto descriptor = convolution_operation(
      conv, any(source, type), type, destination, [&](const auto&... operation) {
        return versions::described<dnnl::convolution_forward>(attributes(fusion), operation...);
      });
  return finished(dnnl::convolution_forward(descriptor), descriptor, {descriptor.src_desc()});
}

std::optional<Primitive> convolution_int8(const graph::Conv2d& conv,
                                          const base::Shape& source_shape, const Quantum& source,
                                          const std::vector<float>& weight_scales,
                                          const Desc& destination, const Quantum& result,
                                          const Quantum& addend, Fusion fusion) {
  std::vector<float> scales = weight_scales;
  for (float& scale : scales) scale *= source.scale;
  const versions::Scaling scaling =
      versions::int8_scaling(std::move(scales), conv.groups > 1, result, addend, fusion.sum,
                             elementwise(fusion.activation));
  const auto descriptor = convolution_operation(
      conv, any(source_shape, source.type), Type::s8, destination, [&](const auto&... operation) {
        return versions::described_if_possible<dnnl::convolution_forward>(scaling.attributes,
                                                                          operation...);
      });
  constexpr bool kAllowEmpty = true;
  if (!descriptor.get(kAllowEmpty)) return std::nullopt;
  if (std::string_view(descriptor.impl_info_str()).starts_with("ref")) return std::nullopt;
  Primitive result_primitive =
      finished(dnnl::convolution_forward(descriptor), descriptor, {descriptor.src_desc()});
  result_primitive.constants = scaling.arguments;
  return result_primitive;
}

float int8_bias_unit(float weight_scale, float source_scale) {
  return versions::bias_unit(weight_scale, source_scale);
}

Primitive matrix_product(const Desc& source, const Desc& destination) {
  const base::Shape weights{shape_of(destination)[1], shape_of(source)[1], 1, 1};
  const auto descriptor = versions::described<dnnl::convolution_forward>(
      attributes(), prop_kind::forward_inference, algorithm::convolution_direct, source,
      any(weights, type_of(source)), destination, dims(graph::Pair(1)), dims(graph::Pair(0)),
      dims(graph::Pair(0)));
  return finished(dnnl::convolution_forward(descriptor), descriptor, {descriptor.src_desc()});
}

namespace {

using Product = dnnl::inner_product_forward::primitive_desc;

// By the first kernel that oneDNN proposes or, where `steady` asks for it, by its kernel for
// batches of small matrix products; nothing where there is none for it. That one adds up each
// result's products one after another, however many rows there are; the others group them
// differently.
std::optional<Product> product_descriptor(const Desc& source, const Desc& destination,
                                          Fusion fusion, bool steady) {
  base::Shape weights = shape_of(source);
  const std::int64_t outputs = shape_of(destination)[1];
  weights[0] = outputs;
  return versions::first_described<dnnl::inner_product_forward>(
      [&](const Product& one) {
        return !steady || std::string_view(one.impl_info_str()).starts_with("brgemm");
      },
      attributes(fusion), prop_kind::forward_inference, source, any(weights, type_of(source)),
      plain({outputs}, Type::f32), destination);
}

}  // namespace

Primitive product_of_rows(const base::Shape& source, std::int64_t pictures, std::int64_t outputs,
                          Type type, Fusion fusion) {
  const auto descriptor_for = [&](std::int64_t rows, bool steady) {
    return product_descriptor(plain({rows, source[1]}, type), plain({rows, outputs}, type), fusion,
                              steady);
  };
  const auto made = [](const Product& descriptor) {
    return finished(dnnl::inner_product_forward(descriptor), descriptor, {descriptor.src_desc()});
  };
  if (descriptor_for(source[0], true)) {
    if (const std::optional<Product> all = descriptor_for(pictures * source[0], true)) {
      return made(*all);
    }
  }
  Primitive result = made(*descriptor_for(source[0], false));
  result.times = pictures;
  return result;
}

Primitive layer_norm(const base::Shape& source, float eps) {
  const Desc rows = plain(source, Type::f32);
  const auto descriptor = versions::layer_norm(
      attributes(), rows, eps,
      dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift);
  return {dnnl::layer_normalization_forward(descriptor),
          {rows},
          {},
          rows,
          descriptor.scratchpad_desc().get_size()};
}

Primitive softmax(const base::Shape& source) {
  const Desc rows = plain(source, Type::f32);
  const auto descriptor = versions::softmax(attributes(), rows, 1);
  return {
      dnnl::softmax_forward(descriptor), {rows}, {}, rows, descriptor.scratchpad_desc().get_size()};
}

Primitive pooling(dnnl::algorithm algorithm, const Desc& source, const base::Shape& destination,
                  graph::Pair kernel, graph::Pair stride, graph::Pair padding) {
  // Windows may reach farther beyond the far edges than beyond the near ones (ceil_mode).
  const base::Shape in = shape_of(source);
  const auto far_padding = [](std::int64_t out, std::int64_t step, std::int64_t window,
                              std::int64_t size, std::int64_t near) {
    return std::max<std::int64_t>(0, (out - 1) * step + window - size - near);
  };
  const graph::Pair far(
      far_padding(destination[2], stride.height, kernel.height, in[2], padding.height),
      far_padding(destination[3], stride.width, kernel.width, in[3], padding.width));
  const auto descriptor =
      versions::pooling(attributes(), algorithm, source, any(destination, type_of(source)),
                        dims(stride), dims(kernel), dims(padding), dims(far));
  return {dnnl::pooling_forward(descriptor),
          {source},
          {},
          descriptor.dst_desc(),
          descriptor.scratchpad_desc().get_size()};
}

std::vector<Primitive> activation(Activation kind, const Desc& source) {
  std::vector<Primitive> primitives;
  for (const Elementwise& one : elementwise(kind)) {
    const auto descriptor = versions::activation(attributes(), one, source);
    primitives.push_back({dnnl::eltwise_forward(descriptor),
                          {source},
                          {},
                          source,
                          descriptor.scratchpad_desc().get_size()});
  }
  return primitives;
}

Primitive sum(const std::vector<Desc>& sources) {
  const auto descriptor =
      versions::sum(attributes(), sources[0], std::vector<float>(sources.size(), 1.0F), sources);
  return {dnnl::sum(descriptor),
          sources,
          {},
          descriptor.dst_desc(),
          descriptor.scratchpad_desc().get_size()};
}

Primitive concat(const std::vector<Desc>& sources) {
  const auto descriptor = versions::concat(attributes(), 1, sources);
  return {dnnl::concat(descriptor),
          sources,
          {},
          descriptor.dst_desc(),
          descriptor.scratchpad_desc().get_size()};
}

Primitive multiply(const Desc& source, const Desc& scale) {
  const auto descriptor =
      versions::described<dnnl::binary>(attributes(), algorithm::binary_mul, source, scale, source);
  return {dnnl::binary(descriptor),
          {source, scale},
          {},
          source,
          descriptor.scratchpad_desc().get_size()};
}

// oneDNN counts a group's channels, PyTorch the groups.
Primitive channel_shuffle(const Desc& source, std::int64_t groups) {
  const auto descriptor = versions::shuffle(attributes(), source, 1, shape_of(source)[1] / groups);
  return {dnnl::shuffle_forward(descriptor),
          {source},
          {},
          source,
          descriptor.scratchpad_desc().get_size()};
}

Desc permuted(const Desc& source, const std::array<int, 4>& order) {
  std::vector<int> position(order.size());  // of each of the source's dimensions in the result
  for (std::size_t i = 0; i < order.size(); ++i) {
    position[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  }
  return source.permute_axes(position);
}

bool is_blocked(const Desc& desc) { return versions::is_blocked(desc); }

Desc channels_of(const Desc& source, std::int64_t begin, std::int64_t end) {
  base::Shape extents = shape_of(source);
  extents[1] = end - begin;
  return source.submemory_desc(dims(extents), {0, begin, 0, 0});
}

Primitive reorder(const Desc& source, const Desc& destination, float factor) {
  const versions::Scaling scaling = versions::reorder_scaling(attributes(), factor);
  const dnnl::reorder::primitive_desc descriptor(engine(), source, engine(), destination,
                                                 scaling.attributes);
  return {.primitive = dnnl::reorder(descriptor),
          .sources = {source},
          .weights = {},
          .destination = destination,
          .scratchpad_bytes = descriptor.scratchpad_desc().get_size(),
          .constants = scaling.arguments};
}

void reorder_weights(const dnnl::memory& source, dnnl::memory& target,
                     const std::vector<float>& factors) {
  const bool grouped = shape_of(target.get_desc()).size() == 5;
  const versions::Scaling scaling = versions::weight_scaling(grouped, factors);
  Arguments arguments = scaling.arguments;
  arguments.emplace(DNNL_ARG_FROM, source);
  arguments.emplace(DNNL_ARG_TO, target);
  dnnl::stream stream(engine());
  dnnl::reorder(source, target, scaling.attributes).execute(stream, arguments);
  stream.wait();
}

}  // namespace engraft::onednn
