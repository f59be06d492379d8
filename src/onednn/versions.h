// Where oneDNN 2 and 3 differ, what either wants stands here once for each, and nothing else knows
// the version: version 3 makes primitives without describing the operation first, wants the
// destination's layout by name, and takes scales when a primitive runs, where version 2 took them
// when it was made.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onednn/onednn.h"

namespace engraft::onednn::versions {

using dnnl::algorithm;
using dnnl::prop_kind;

// An activation as oneDNN's functions, one after another.
struct Elementwise {
  dnnl::algorithm function;
  float alpha;
  float beta;
};

// oneDNN's name for instructions, and ours for what it does with them.
struct Instructions {
  dnnl::cpu_isa set;
  const char* name;
  bool bfloat16 = false;  // multiplies them
  bool int8 = false;      // multiplies them four at a time
};

// How numbers stand for values while a primitive runs: what it is made with, and what it is run
// with.
struct Scaling {
  dnnl::primitive_attr attributes;
  Arguments arguments = {};
};

inline dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(ops);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

inline std::string numbers(const dnnl::memory::dims& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

// The first of oneDNN's ways for an operation that `accepts` takes, from `descriptor` on. With
// version 2 the operation must still be there.
template <typename Descriptor, typename Accepts>
std::optional<Descriptor> first_accepted(Descriptor descriptor, const Accepts& accepts) {
  while (!accepts(descriptor)) {
    if (!descriptor.next_impl()) return std::nullopt;
  }
  return descriptor;
}

#if DNNL_VERSION_MAJOR >= 3

// Whether 1 × 1 convolutions may die of a division by zero where the processor hides its caches'
// sizes.
inline constexpr bool kNeedsCacheSizes = true;

inline constexpr Instructions kInstructions[] = {
    {dnnl::cpu_isa::sse41, "sse41"},
    {dnnl::cpu_isa::avx, "avx"},
    {dnnl::cpu_isa::avx2, "avx2"},
    {dnnl::cpu_isa::avx2_vnni, "avx2_vnni", false, true},
    {dnnl::cpu_isa::avx2_vnni_2, "avx2_vnni_2", false, true},
    {dnnl::cpu_isa::avx512_core, "avx512_core"},
    {dnnl::cpu_isa::avx512_core_vnni, "avx512_core_vnni", false, true},
    {dnnl::cpu_isa::avx512_core_bf16, "avx512_core_bf16", true, true},
    {dnnl::cpu_isa::avx512_core_fp16, "avx512_core_fp16", true, true},
    {dnnl::cpu_isa::avx512_core_amx, "avx512_core_amx", true, true},
    {dnnl::cpu_isa::avx512_core_amx_fp16, "avx512_core_amx_fp16", true, true}};

inline constexpr Elementwise kHardswish{algorithm::eltwise_hardswish, 1.0F / 6, 0.5F};

inline base::Shape shape(const Desc& desc) {
  const dnnl::memory::dims extents = desc.get_dims();
  return {extents.begin(), extents.end()};
}

inline Type type(const Desc& desc) { return desc.get_data_type(); }

inline bool is_blocked(const Desc& desc) { return desc.get_inner_nblks() > 0; }

// Version 3 does not tell whether sums of 8-bit weights lie behind them, but the size does.
inline std::string text(const Desc& desc) {
  return fmt::format(
      "type {} kind {} dims {} padded {} strides {} blocks {} of {} bytes {}",
      static_cast<int>(desc.get_data_type()), static_cast<int>(desc.get_format_kind()),
      numbers(desc.get_dims()), numbers(desc.get_padded_dims()), numbers(desc.get_strides()),
      numbers(desc.get_inner_blks()), numbers(desc.get_inner_idxs()), desc.get_size());
}

// The descriptor of P for an operation: what follows the engine in P's own constructor.
template <typename P, typename... Operation>
typename P::primitive_desc described(const dnnl::primitive_attr& attributes,
                                     const Operation&... operation) {
  return {engine(), operation..., attributes};
}

// Of the first way that `accepts` takes; nothing where there is none.
template <typename P, typename Accepts, typename... Operation>
std::optional<typename P::primitive_desc> first_described(const Accepts& accepts,
                                                          const dnnl::primitive_attr& attributes,
                                                          const Operation&... operation) {
  return first_accepted(described<P>(attributes, operation...), accepts);
}

// An empty one where oneDNN has no way for it.
template <typename P, typename... Operation>
typename P::primitive_desc described_if_possible(const dnnl::primitive_attr& attributes,
                                                 const Operation&... operation) {
  constexpr bool kAllowEmpty = true;
  return {engine(), operation..., attributes, kAllowEmpty};
}

inline auto layer_norm(const dnnl::primitive_attr& attributes, const Desc& rows, float eps,
                       dnnl::normalization_flags flags) {
  return described<dnnl::layer_normalization_forward>(attributes, prop_kind::forward_inference,
                                                      rows, rows, eps, flags);
}

inline auto softmax(const dnnl::primitive_attr& attributes, const Desc& rows, int axis) {
  return described<dnnl::softmax_forward>(attributes, prop_kind::forward_inference,
                                          algorithm::softmax_accurate, rows, rows, axis);
}

// `window` is strides, kernel, near and far padding.
template <typename... Window>
auto pooling(const dnnl::primitive_attr& attributes, dnnl::algorithm kind, const Desc& source,
             const Desc& destination, const dnnl::memory::dims& strides,
             const dnnl::memory::dims& kernel, const Window&... padding) {
  const dnnl::memory::dims dilation(kernel.size(), 0);
  return described<dnnl::pooling_forward>(attributes, prop_kind::forward_inference, kind, source,
                                          destination, strides, kernel, dilation, padding...);
}

inline auto activation(const dnnl::primitive_attr& attributes, const Elementwise& one,
                       const Desc& source) {
  return described<dnnl::eltwise_forward>(attributes, prop_kind::forward_inference, one.function,
                                          source, source, one.alpha, one.beta);
}

inline dnnl::sum::primitive_desc sum(const dnnl::primitive_attr& attributes,
                                     const Desc& destination, const std::vector<float>& scales,
                                     const std::vector<Desc>& sources) {
  return {engine(), destination, scales, sources, attributes};
}

inline dnnl::concat::primitive_desc concat(const dnnl::primitive_attr& attributes, int axis,
                                           const std::vector<Desc>& sources) {
  return {engine(), axis, sources, attributes};
}

inline dnnl::shuffle_forward::primitive_desc shuffle(const dnnl::primitive_attr& attributes,
                                                     const Desc& source, int axis,
                                                     std::int64_t group) {
  return {engine(), prop_kind::forward_inference, source,    source,
          axis,     static_cast<int>(group),      attributes};
}

inline void append(dnnl::post_ops& ops, const Elementwise& one) {
  ops.append_eltwise(one.function, one.alpha, one.beta);
}

inline dnnl::memory constant(const std::vector<float>& values) {
  const dnnl::memory memory(plain({std::ssize(values)}, Type::f32), engine());
  std::ranges::copy(values, static_cast<float*>(memory.get_data_handle()));
  return memory;
}

inline void add_scales(Scaling& scaling, int argument, int mask, const std::vector<float>& scales) {
  scaling.attributes.set_scales_mask(argument, mask);
  scaling.arguments.emplace(DNNL_ARG_ATTR_SCALES | argument, constant(scales));
}

// Which dimensions of weights, with or without groups, an output channel's scale goes with.
inline int channel_mask(bool grouped) { return grouped ? (1 << 0) | (1 << 1) : 1 << 0; }

// Of a convolution in 8 bits whose sums stand for `scales` each: back to values, then what is
// fused, then to what the destination's numbers stand for.
inline Scaling int8_scaling(const std::vector<float>& scales, bool grouped, const Quantum& result,
                            const Quantum& addend, bool sum,
                            const std::vector<Elementwise>& functions) {
  dnnl::post_ops ops;
  if (sum) ops.append_sum(addend.scale, 0, addend.type);
  for (const Elementwise& one : functions) append(ops, one);
  Scaling scaling{attributes(ops)};
  add_scales(scaling, DNNL_ARG_WEIGHTS, channel_mask(grouped), scales);
  if (result.scale != 1) add_scales(scaling, DNNL_ARG_DST, 0, {result.scale});
  return scaling;
}

// What such a convolution's bias, which is added to values, is divided by.
inline float bias_unit(float, float) { return 1; }

inline Scaling reorder_scaling(dnnl::primitive_attr attributes, float factor) {
  Scaling scaling{std::move(attributes)};
  if (factor != 1) add_scales(scaling, DNNL_ARG_FROM, 0, {factor});
  return scaling;
}

inline Scaling weight_scaling(bool grouped, const std::vector<float>& factors) {
  Scaling scaling;
  if (!factors.empty()) add_scales(scaling, DNNL_ARG_FROM, channel_mask(grouped), factors);
  return scaling;
}

#else

inline constexpr bool kNeedsCacheSizes = false;

inline constexpr Instructions kInstructions[] = {
    {dnnl::cpu_isa::sse41, "sse41"},
    {dnnl::cpu_isa::avx, "avx"},
    {dnnl::cpu_isa::avx2, "avx2"},
    {dnnl::cpu_isa::avx2_vnni, "avx2_vnni", false, true},
    {dnnl::cpu_isa::avx512_core, "avx512_core"},
    {dnnl::cpu_isa::avx512_core_vnni, "avx512_core_vnni", false, true},
    {dnnl::cpu_isa::avx512_core_bf16, "avx512_core_bf16", true, true},
    {dnnl::cpu_isa::avx512_core_amx, "avx512_core_amx", true, true}};

inline constexpr Elementwise kHardswish{algorithm::eltwise_hardswish, 0, 0};

inline base::Shape shape(const Desc& desc) {
  const dnnl::memory::dims extents = desc.dims();
  return {extents.begin(), extents.end()};
}

inline Type type(const Desc& desc) { return desc.data_type(); }

inline bool is_blocked(const Desc& desc) { return desc.data.format_desc.blocking.inner_nblks > 0; }

inline std::string text(const Desc& desc) {
  const dnnl_memory_desc_t& all = desc.data;
  const dnnl_blocking_desc_t& blocks = all.format_desc.blocking;
  const auto list = [](const auto* first, int count) { return numbers({first, first + count}); };
  return fmt::format("type {} kind {} dims {} padded {} strides {} blocks {} of {} extra {} {}",
                     static_cast<int>(all.data_type), static_cast<int>(all.format_kind),
                     list(all.dims, all.ndims), list(all.padded_dims, all.ndims),
                     list(blocks.strides, all.ndims), list(blocks.inner_blks, blocks.inner_nblks),
                     list(blocks.inner_idxs, blocks.inner_nblks), all.extra.flags,
                     all.extra.compensation_mask);
}

template <typename P, typename... Operation>
typename P::primitive_desc described(const dnnl::primitive_attr& attributes,
                                     const Operation&... operation) {
  return {typename P::desc(operation...), attributes, engine()};
}

template <typename P, typename Accepts, typename... Operation>
std::optional<typename P::primitive_desc> first_described(const Accepts& accepts,
                                                          const dnnl::primitive_attr& attributes,
                                                          const Operation&... operation) {
  const typename P::desc described(operation...);
  return first_accepted(typename P::primitive_desc(described, attributes, engine()), accepts);
}

template <typename P, typename... Operation>
typename P::primitive_desc described_if_possible(const dnnl::primitive_attr& attributes,
                                                 const Operation&... operation) {
  constexpr bool kAllowEmpty = true;
  return {typename P::desc(operation...), attributes, engine(), kAllowEmpty};
}

inline auto layer_norm(const dnnl::primitive_attr& attributes, const Desc& rows, float eps,
                       dnnl::normalization_flags flags) {
  return described<dnnl::layer_normalization_forward>(attributes, prop_kind::forward_inference,
                                                      rows, eps, flags);
}

inline auto softmax(const dnnl::primitive_attr& attributes, const Desc& rows, int axis) {
  return described<dnnl::softmax_forward>(attributes, prop_kind::forward_inference, rows, axis);
}

template <typename... Window>
auto pooling(const dnnl::primitive_attr& attributes, dnnl::algorithm kind, const Desc& source,
             const Desc& destination, const Window&... window) {
  return described<dnnl::pooling_forward>(attributes, prop_kind::forward_inference, kind, source,
                                          destination, window...);
}

inline auto activation(const dnnl::primitive_attr& attributes, const Elementwise& one,
                       const Desc& source) {
  return described<dnnl::eltwise_forward>(attributes, prop_kind::forward_inference, one.function,
                                          source, one.alpha, one.beta);
}

inline dnnl::sum::primitive_desc sum(const dnnl::primitive_attr& attributes,
                                     const Desc& destination, const std::vector<float>& scales,
                                     const std::vector<Desc>& sources) {
  return {destination, scales, sources, engine(), attributes};
}

inline dnnl::concat::primitive_desc concat(const dnnl::primitive_attr& attributes, int axis,
                                           const std::vector<Desc>& sources) {
  return {axis, sources, engine(), attributes};
}

inline dnnl::shuffle_forward::primitive_desc shuffle(const dnnl::primitive_attr& attributes,
                                                     const Desc& source, int axis,
                                                     std::int64_t group) {
  return {
      {prop_kind::forward_inference, source, axis, static_cast<int>(group)}, engine(), attributes};
}

inline void append(dnnl::post_ops& ops, const Elementwise& one, float scale = 1) {
  ops.append_eltwise(scale, one.function, one.alpha, one.beta);
}

inline Scaling int8_scaling(std::vector<float> scales, bool, const Quantum& result,
                            const Quantum& addend, bool sum,
                            const std::vector<Elementwise>& functions) {
  // Where nothing but a ReLU follows, the order does not matter.
  const bool early = functions.empty() || functions[0].function == algorithm::eltwise_relu;
  const float unit = 1 / result.scale;
  for (float& scale : scales) scale *= early ? unit : 1;
  dnnl::post_ops ops;
  if (sum) ops.append_sum(early ? addend.scale * unit : addend.scale, addend.type);
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const bool last = i + 1 == functions.size();
    append(ops, functions[i], last && !early ? unit : 1);
  }
  Scaling scaling{attributes(ops)};
  constexpr int kChannels = 1 << 1;
  scaling.attributes.set_output_scales(kChannels, scales);
  return scaling;
}

// Version 2 adds the bias to the sums before it scales them.
inline float bias_unit(float weight_scale, float source_scale) {
  return weight_scale * source_scale;
}

inline Scaling reorder_scaling(dnnl::primitive_attr attributes, float factor) {
  if (factor != 1) attributes.set_output_scales(0, {factor});
  return {std::move(attributes)};
}

inline Scaling weight_scaling(bool grouped, const std::vector<float>& factors) {
  dnnl::primitive_attr attributes;
  if (!factors.empty()) {
    attributes.set_output_scales(grouped ? (1 << 0) | (1 << 1) : 1 << 0, factors);
  }
  return {std::move(attributes)};
}

#endif

}  // namespace engraft::onednn::versions
