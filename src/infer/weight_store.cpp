#include "infer/weight_store.h"

namespace engraft {

dnnl::memory WeightStore::weight(const Operation& operation, const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  std::vector<dnnl::memory>& stored = weights_[operation.result];
  for (const dnnl::memory& one : stored) {
    if (one.get_desc() == layout) return one;
  }
  // The parameter as it is stored: rows of outputs, whatever the primitive calls its dimensions.
  const onednn::Desc plain = onednn::plain(onednn::shape_of(layout), onednn::Type::f32);
  const dnnl::memory source =
      onednn::memory_of(operation.weight.reshaped(onednn::shape_of(layout)));
  if (layout == plain) {  // as it lies; copying VGG's first linear layer would take 400 MB
    stored.push_back(source);
    return source;
  }
  dnnl::memory target(layout, onednn::engine());
  dnnl::stream stream(onednn::engine());
  dnnl::reorder(source, target).execute(stream, const_cast<dnnl::memory&>(source), target);
  stream.wait();
  stored.push_back(target);
  return target;
}

dnnl::memory WeightStore::bias(const Operation& operation) {
  const std::lock_guard lock(mutex_);
  const auto found = biases_.find(operation.result);
  if (found != biases_.end()) return found->second;
  return biases_.emplace(operation.result, onednn::memory_of(operation.bias)).first->second;
}

}  // namespace engraft
