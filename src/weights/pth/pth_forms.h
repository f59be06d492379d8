// The three forms of .pth files, each as what they have in common: the pickle that describes the
// tensors, and the bytes of the storages that these lie in.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/tensor.h"
#include "weights/pth/pickle.h"
#include "weights/pth/pth.h"

namespace engraft::weights::pth {

// A storage's bytes, and what keeps them alive.
struct StorageBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};
using Storages = std::map<std::string, StorageBytes>;

// zip, since PyTorch 1.6: data.pkl, and data/KEY for each storage. Tensors share the file's memory.
PthContent read_pth_zip(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                        const std::string& name);

// A stream of pickles, PyTorch 0.1.10 to 1.5: magic number, protocol, system, object, keys; then
// each storage's length and bytes. Tensors share the file's memory where they are aligned in it.
PthContent read_pth_stream(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                           const std::string& name);

// tar, before PyTorch 0.1.10: members "storages", "tensors" and "pickle". As above.
PthContent read_pth_tar(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                        const std::string& name);

// Makes tensors of storages' elements, and bounds what all of them take together.
class TensorMaker {
 public:
  // `file_size` is what the bound is a multiple of.
  explicit TensorMaker(std::size_t file_size);

  // The elements offset + Σ index · stride of `storage`. Shares its bytes where they lie in order
  // and aligned, else copies. Throws Error beginning with `name` where it reaches beyond the
  // storage.
  base::Tensor make(const PickledTensor& description, base::DType dtype,
                    const StorageBytes& storage, const std::string& name);

 private:
  std::uint64_t may_copy_;
};

// What an object of the pickle is as a tensor; nothing where it is none. `name` is for messages.
using ResolveTensor = std::function<std::optional<base::Tensor>(ObjectId, const std::string& name)>;

// What a pickled dictionary and those in it hold, by name. Throws Error where there are no tensors.
PthContent collect_tensors(const Pickle& pickle, const std::string& name,
                           const ResolveTensor& resolve);

// The same for the forms whose pickles hold PickledTensor objects.
PthContent collect_tensors(const Pickle& pickle, const std::string& name, const Storages& storages,
                           std::size_t file_size);

}  // namespace engraft::weights::pth
