// The weights of all plans of a network.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/large_buffer.h"
#include "infer/kept_weights.h"
#include "infer/lower.h"
#include "onednn/onednn.h"

namespace engraft::infer {

// What 8-bit weights stand for, for each output channel: the largest number becomes 127.
std::vector<float> weight_scales(const Operation& operation);

// Weights in the layouts that primitives chose: each reordered once, or used as it lies where the
// primitive takes it so; shared by all plans.
class WeightStore {
 public:
  // `kept` is where rearranged weights are looked for and kept; it must outlive the store.
  explicit WeightStore(KeptWeights& kept) : kept_(kept) {}

  // The operation's weight in this layout; valid as long as the store and the operation are.
  dnnl::memory weight(const Operation& operation, const onednn::Desc& layout);
  dnnl::memory bias(const Operation& operation);
  // In 8-bit numbers, each output channel's in units of its scale; and the bias as
  // onednn::convolution_int8() wants it.
  dnnl::memory int8_weight(const Operation& operation, const onednn::Desc& layout);
  dnnl::memory int8_bias(const Operation& operation, float source_scale);
  // The filters as Winograd's filtering takes them: 36 matrices in this layout.
  std::vector<dnnl::memory> winograd_weights(const Operation& operation,
                                             const onednn::Desc& layout);

 private:
  // The one in this layout, if there is one; the lock is held.
  const dnnl::memory* find(const Operation& operation, const onednn::Desc& layout) const;
  dnnl::memory keep(const Operation& operation, dnnl::memory weight);
  dnnl::memory keep_reordered(const Operation& operation, const onednn::Desc& layout,
                              const std::vector<float>& factors);
  // `count` memories in this layout one after another, each at a multiple of a cache line: those
  // that are kept under this name, else new ones, filled by make().
  std::vector<dnnl::memory> kept_or_made(
      const std::string& name, const onednn::Desc& layout, std::size_t count,
      const std::function<void(std::vector<dnnl::memory>&)>& make);

  KeptWeights& kept_;
  std::mutex mutex_;
  std::vector<base::LargeBuffer> buffers_;
  std::map<graph::NodeId, std::vector<dnnl::memory>> weights_;  // by the operation's result
  std::map<graph::NodeId, std::vector<std::vector<dnnl::memory>>> winograd_weights_;  // by layout
  std::map<graph::NodeId, dnnl::memory> biases_;
  std::map<graph::NodeId, dnnl::memory> int8_biases_;
};

}  // namespace engraft::infer
