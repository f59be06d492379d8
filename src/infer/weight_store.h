// The weights of all plans of a network.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "infer/lower.h"
#include "infer/onednn.h"

namespace engraft {

// Weights in the layouts that primitives chose: each reordered once, or used as it lies where the
// primitive takes it so; shared by all plans.
class WeightStore {
 public:
  // The operation's weight in this layout; valid as long as the store and the operation are.
  dnnl::memory weight(const Operation& operation, const onednn::Desc& layout);
  dnnl::memory bias(const Operation& operation);
  // The filters as Winograd's filtering takes them.
  dnnl::memory winograd_weight(const Operation& operation, const onednn::Desc& layout);

 private:
  // The one in this layout, if there is one; the lock is held.
  const dnnl::memory* find(const Operation& operation, const onednn::Desc& layout) const;
  dnnl::memory keep(const Operation& operation, dnnl::memory weight);

  std::mutex mutex_;
  std::map<NodeId, std::vector<dnnl::memory>> weights_;  // by the operation's result
  std::map<NodeId, dnnl::memory> biases_;
};

}  // namespace engraft
