#include "onednn/onednn.h"

#include <omp.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include <string_view>

#include "engraft/error.h"

namespace engraft::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;

dnnl::memory::dims dims(const base::Shape& shape) { return {shape.begin(), shape.end()}; }

dnnl::memory::dims dims(graph::Pair pair) { return {pair.height, pair.width}; }

// An activation as oneDNN's functions, one after another.
struct Elementwise {
  dnnl::algorithm function;
  float alpha;
  float beta;
};

std::vector<Elementwise> elementwise(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return {};
    case Activation::kRelu:
      return {{algorithm::eltwise_relu, 0, 0}};
    case Activation::kRelu6:
      return {{algorithm::eltwise_clip, 0, 6}};
    case Activation::kHardswish:
      return {{algorithm::eltwise_hardswish, 0, 0}};
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

dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(ops);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::primitive_attr attributes(Fusion fusion = {}) {
  dnnl::post_ops ops;
  if (fusion.sum) ops.append_sum(1.0F);
  for (const Elementwise& one : elementwise(fusion.activation)) {
    ops.append_eltwise(1, one.function, one.alpha, one.beta);
  }
  return attributes(ops);
}

// As in attributes(), for sums that stand for `scales` each: back to values, then what is fused,
// then to what the destination's numbers stand for.
dnnl::primitive_attr int8_attributes(std::vector<float> scales, const Quantum& result,
                                     const Quantum& addend, Fusion fusion) {
  std::vector<Elementwise> functions = elementwise(fusion.activation);
  // Where nothing but a ReLU follows, the order does not matter.
  const bool early =
      fusion.activation == Activation::kNone || fusion.activation == Activation::kRelu;
  const float unit = 1 / result.scale;
  for (float& scale : scales) scale *= early ? unit : 1;
  dnnl::post_ops ops;
  if (fusion.sum) ops.append_sum(early ? addend.scale * unit : addend.scale, addend.type);
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const bool last = i + 1 == functions.size();
    ops.append_eltwise(last && !early ? unit : 1, functions[i].function, functions[i].alpha,
                       functions[i].beta);
  }
  dnnl::primitive_attr result_attributes = attributes(ops);
  constexpr int kChannels = 1 << 1;
  result_attributes.set_output_scales(kChannels, scales);
  return result_attributes;
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

bool multiplies_bfloat16() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx;
}

bool multiplies_int8() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx2_vnni || isa == dnnl::cpu_isa::avx512_core_vnni ||
         multiplies_bfloat16();
}

std::string instructions() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    default:
      return "";
  }
}

std::string version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

Type wider_type() { return multiplies_bfloat16() ? Type::bf16 : Type::f32; }

// The number of threads is a setting of the calling thread in OpenMP.
SingleThread::SingleThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }

SingleThread::~SingleThread() { omp_set_num_threads(before_); }

void add_scratchpad(Arguments& arguments, const Primitive& primitive, std::byte* begin) {
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

base::Shape shape_of(const Desc& desc) {
  const dnnl::memory::dims extents = desc.dims();
  return {extents.begin(), extents.end()};
}

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

std::string text_of(const Desc& desc) {
  const dnnl_memory_desc_t& all = desc.data;
  const dnnl_blocking_desc_t& blocks = all.format_desc.blocking;
  const auto list = [](const auto* numbers, int count) {
    return fmt::format("{}", fmt::join(numbers, numbers + count, ","));
  };
  return fmt::format("type {} kind {} dims {} padded {} strides {} blocks {} of {} extra {} {}",
                     static_cast<int>(all.data_type), static_cast<int>(all.format_kind),
                     list(all.dims, all.ndims), list(all.padded_dims, all.ndims),
                     list(blocks.strides, all.ndims), list(blocks.inner_blks, blocks.inner_nblks),
                     list(blocks.inner_idxs, blocks.inner_nblks), all.extra.flags,
                     all.extra.compensation_mask);
}

dnnl::memory memory_of(const base::Tensor& tensor) {
  return {plain(tensor.shape(), Type::f32), engine(),
          const_cast<float*>(tensor.floats().data())};  // oneDNN takes no pointers to const
}

Type type_of(const Desc& desc) { return desc.data_type(); }

namespace {

base::Shape weight_shape(const graph::Conv2d& conv) {
  base::Shape weights{conv.out_channels, conv.in_channels / conv.groups, conv.kernel.height,
                      conv.kernel.width};
  if (conv.groups > 1) {
    weights[0] /= conv.groups;
    weights.insert(weights.begin(), conv.groups);
  }
  return weights;
}

dnnl::convolution_forward::desc convolution_operation(const graph::Conv2d& conv, const Desc& source,
                                                      Type weights, const Desc& destination) {
  const graph::Pair dilation(conv.dilation.height - 1, conv.dilation.width - 1);
  return {prop_kind::forward_inference,
          algorithm::convolution_direct,
          source,
          any(weight_shape(conv), weights),
          plain({conv.out_channels}, Type::f32),
          destination,
          dims(conv.stride),
          dims(dilation),
          dims(conv.padding),
          dims(conv.padding)};
}

}  // namespace

Primitive convolution(const graph::Conv2d& conv, const base::Shape& source, Type type,
                      const Desc& destination, Fusion fusion) {
  const dnnl::convolution_forward::primitive_desc descriptor(
      convolution_operation(conv, any(source, type), type, destination), attributes(fusion),
      engine());
  return finished(dnnl::convolution_forward(descriptor), descriptor, {descriptor.src_desc()});
}

std::optional<Primitive> convolution_int8(const graph::Conv2d& conv,
                                          const base::Shape& source_shape, const Quantum& source,
                                          const std::vector<float>& weight_scales,
                                          const Desc& destination, const Quantum& result,
                                          const Quantum& addend, Fusion fusion) {
  std::vector<float> scales = weight_scales;
  for (float& scale : scales) scale *= source.scale;
  constexpr bool kAllowEmpty = true;
  const dnnl::convolution_forward::primitive_desc descriptor(
      convolution_operation(conv, any(source_shape, source.type), Type::s8, destination),
      int8_attributes(std::move(scales), result, addend, fusion), engine(), kAllowEmpty);
  if (!descriptor.get(kAllowEmpty)) return std::nullopt;
  if (std::string_view(descriptor.impl_info_str()).starts_with("ref")) return std::nullopt;
  return finished(dnnl::convolution_forward(descriptor), descriptor, {descriptor.src_desc()});
}

Primitive matrix_product(const Desc& source, const Desc& destination) {
  const base::Shape weights{destination.dims()[1], source.dims()[1], 1, 1};
  const dnnl::convolution_forward::desc operation(
      prop_kind::forward_inference, algorithm::convolution_direct, source,
      any(weights, type_of(source)), destination, {1, 1}, {0, 0}, {0, 0});
  const dnnl::convolution_forward::primitive_desc descriptor(operation, attributes(), engine());
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
  const std::int64_t outputs = destination.dims()[1];
  weights[0] = outputs;
  // Looked at again by each step to the next kernel.
  const dnnl::inner_product_forward::desc operation(prop_kind::forward_inference, source,
                                                    any(weights, type_of(source)),
                                                    plain({outputs}, Type::f32), destination);
  Product descriptor(operation, attributes(fusion), engine());
  while (steady && !std::string_view(descriptor.impl_info_str()).starts_with("brgemm")) {
    if (!descriptor.next_impl()) return std::nullopt;
  }
  return descriptor;
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
  const dnnl::layer_normalization_forward::desc operation(
      prop_kind::forward_inference, rows, eps,
      dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift);
  const dnnl::layer_normalization_forward::primitive_desc descriptor(operation, attributes(),
                                                                     engine());
  return {dnnl::layer_normalization_forward(descriptor),
          {rows},
          {},
          rows,
          descriptor.scratchpad_desc().get_size()};
}

Primitive softmax(const base::Shape& source) {
  const Desc rows = plain(source, Type::f32);
  const dnnl::softmax_forward::desc operation(prop_kind::forward_inference, rows, 1);
  const dnnl::softmax_forward::primitive_desc descriptor(operation, attributes(), engine());
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
  const dnnl::pooling_forward::desc operation(prop_kind::forward_inference, algorithm, source,
                                              any(destination, source.data_type()), dims(stride),
                                              dims(kernel), dims(padding), dims(far));
  const dnnl::pooling_forward::primitive_desc descriptor(operation, attributes(), engine());
  return {dnnl::pooling_forward(descriptor),
          {source},
          {},
          descriptor.dst_desc(),
          descriptor.scratchpad_desc().get_size()};
}

std::vector<Primitive> activation(Activation kind, const Desc& source) {
  std::vector<Primitive> primitives;
  for (const Elementwise& one : elementwise(kind)) {
    const dnnl::eltwise_forward::desc operation(prop_kind::forward_inference, one.function, source,
                                                one.alpha, one.beta);
    const dnnl::eltwise_forward::primitive_desc descriptor(operation, attributes(), engine());
    primitives.push_back({dnnl::eltwise_forward(descriptor),
                          {source},
                          {},
                          source,
                          descriptor.scratchpad_desc().get_size()});
  }
  return primitives;
}

Primitive sum(const std::vector<Desc>& sources) {
  const dnnl::sum::primitive_desc descriptor(sources[0], std::vector<float>(sources.size(), 1.0F),
                                             sources, engine(), attributes());
  return {dnnl::sum(descriptor),
          sources,
          {},
          descriptor.dst_desc(),
          descriptor.scratchpad_desc().get_size()};
}

Primitive concat(const std::vector<Desc>& sources) {
  const dnnl::concat::primitive_desc descriptor(1, sources, engine(), attributes());
  return {dnnl::concat(descriptor),
          sources,
          {},
          descriptor.dst_desc(),
          descriptor.scratchpad_desc().get_size()};
}

Primitive multiply(const Desc& source, const Desc& scale) {
  const dnnl::binary::desc operation(algorithm::binary_mul, source, scale, source);
  const dnnl::binary::primitive_desc descriptor(operation, attributes(), engine());
  return {dnnl::binary(descriptor),
          {source, scale},
          {},
          source,
          descriptor.scratchpad_desc().get_size()};
}

// oneDNN counts a group's channels, PyTorch the groups.
Primitive channel_shuffle(const Desc& source, std::int64_t groups) {
  const dnnl::shuffle_forward::desc operation(prop_kind::forward_inference, source, 1,
                                              static_cast<int>(source.dims()[1] / groups));
  const dnnl::shuffle_forward::primitive_desc descriptor(operation, engine(), attributes());
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

bool is_blocked(const Desc& desc) { return desc.data.format_desc.blocking.inner_nblks > 0; }

Desc channels_of(const Desc& source, std::int64_t begin, std::int64_t end) {
  dnnl::memory::dims extents = source.dims();
  extents[1] = end - begin;
  return source.submemory_desc(extents, {0, begin, 0, 0});
}

Primitive reorder(const Desc& source, const Desc& destination, float factor) {
  dnnl::primitive_attr scaling = attributes();
  if (factor != 1) scaling.set_output_scales(0, {factor});
  const dnnl::reorder::primitive_desc descriptor(engine(), source, engine(), destination, scaling);
  return {dnnl::reorder(descriptor),
          {source},
          {},
          destination,
          descriptor.scratchpad_desc().get_size()};
}

void reorder_weights(const dnnl::memory& source, dnnl::memory& target,
                     const std::vector<float>& factors) {
  dnnl::primitive_attr scaling;
  if (!factors.empty()) {
    const bool grouped = target.get_desc().dims().size() == 5;
    scaling.set_output_scales(grouped ? (1 << 0) | (1 << 1) : 1 << 0, factors);
  }
  dnnl::stream stream(engine());
  dnnl::reorder(source, target, scaling).execute(stream, const_cast<dnnl::memory&>(source), target);
  stream.wait();
}

}  // namespace engraft::onednn
