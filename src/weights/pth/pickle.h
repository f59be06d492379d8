// The part of Python's pickle format that a state_dict of tensors needs, read as data. Nothing is
// imported or called: a class or function is just its name, and one that is not on the list is
// refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/tensor.h"

namespace engraft::weights::pth {

// A place in Pickle::objects.
using ObjectId = std::size_t;

struct PickledGlobal {
  std::string name;  // "torch.FloatStorage"
};

struct PickledList {  // a list or a tuple
  std::vector<ObjectId> items;
  bool is_tuple = false;
};

struct PickledDict {
  std::vector<std::pair<ObjectId, ObjectId>> items;
};

// A storage of which a tensor's elements are a part; in the tar form a reference to a whole tensor.
struct PickledStorage {
  std::string key;
  base::DType dtype = base::DType::kFloat32;
  std::uint64_t elements = 0;
  std::uint64_t view_begin = 0;  // the storage meant is these elements of the one called `key`
  std::uint64_t view_elements = 0;
};

struct PickledTensor {
  ObjectId storage = 0;
  std::int64_t offset = 0;  // in elements
  base::Shape shape;
  std::vector<std::int64_t> strides;
};

// A torch.nn.Parameter whose tensor has not been set yet.
struct PickledParameter {};

struct PickledNone {};

// A long integer beyond 64 bits keeps only its bytes: PyTorch's magic number is one.
struct PickledLong {
  std::string little_endian;
};

using PickledObject =
    std::variant<PickledNone, bool, std::int64_t, double, std::string, PickledLong, PickledGlobal,
                 PickledList, PickledDict, PickledStorage, PickledTensor, PickledParameter>;

// All objects lie side by side and refer to each other by number, so that neither copying nor
// destroying a deeply nested one recurses.
struct Pickle {
  std::vector<PickledObject> objects;
  ObjectId root = 0;

  // The object if it is of type T, else null.
  template <typename T>
  const T* get(ObjectId id) const {
    return std::get_if<T>(&objects[id]);
  }
};

// What a persistent id (an object of the pickle) stands for.
using PersistentLoad = std::function<PickledObject(const Pickle&, ObjectId)>;

// Reads one pickle from the beginning of `bytes`; `used` becomes its length. Throws Error beginning
// with `name`.
Pickle read_pickle(std::span<const std::byte> bytes, const std::string& name,
                   const PersistentLoad& persistent_load, std::size_t& used);

}  // namespace engraft::weights::pth
