// The three forms of .pth files, each as what they have in common: the pickle that describes the
// tensors, and the bytes of the storages that these lie in.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "weights/pickle.h"
#include "weights/state_dict.h"

namespace engraft {

// A storage's bytes, and what keeps them alive.
struct StorageBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};
using Storages = std::map<std::string, StorageBytes>;

// zip, since PyTorch 1.6: data.pkl, and data/KEY for each storage.
StateDict read_pth_zip(std::span<const std::byte> file, const std::string& name);

// A stream of pickles, PyTorch 0.1.10 to 1.5: magic number, protocol, system, object, keys; then each
// storage's length and bytes. Tensors may share the file's memory.
StateDict read_pth_stream(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                          const std::string& name);

// tar, before PyTorch 0.1.10: members "storages", "tensors" and "pickle".
StateDict read_pth_tar(std::span<const std::byte> file, const std::string& name);

// The tensor of a storage's elements offset + Σ index · stride; shares the storage's bytes where they
// lie in order and aligned. Throws Error where it reaches beyond the storage.
Tensor make_tensor(const PickledTensor& description, DType dtype, const StorageBytes& storage,
                   const std::string& name);

// The tensors of a pickled dictionary by name: of the one under "state_dict" or "model" where the
// root holds that, and without DataParallel's "module." before every name. Entries that are no
// tensors are passed over. Throws Error where there are none.
StateDict tensors_of(const Pickle& pickle, const Storages& storages, const std::string& name);

}  // namespace engraft
