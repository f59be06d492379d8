// The part of Python's pickle format that torch.save writes, read as data. Nothing is imported,
// built or called: a class or function is just its name, and what a call of one would give stays a
// foreign object, but for the few that make tensors and dictionaries.
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

// What Python would build by importing and calling something: an argparse.Namespace, a NumPy
// number. Whatever it is made of is passed over.
struct PickledForeign {
  std::string made_by;  // "argparse.Namespace"
};

// A long integer beyond 64 bits keeps only its bytes: PyTorch's magic number is one.
struct PickledLong {
  std::string little_endian;
};

using PickledObject = std::variant<PickledNone, bool, std::int64_t, double, std::string,
                                   PickledLong, PickledGlobal, PickledList, PickledDict,
                                   PickledStorage, PickledTensor, PickledParameter, PickledForeign>;

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

// What all pickles of a file may cost together: their objects, the parts of these and every move of
// them, in bytes. A large network's come to some ten megabytes; a few bytes of a malicious one
// could otherwise ask to repeat whole lists over and over.
struct PickleBudget {
  std::uint64_t left = 256'000'000;
};

// Reads one pickle from the beginning of `bytes`; `used` becomes its length, and what it cost is
// taken from `budget`. Throws Error beginning with `name`.
Pickle read_pickle(std::span<const std::byte> bytes, const std::string& name,
                   const PersistentLoad& persistent_load, std::size_t& used, PickleBudget& budget);

}  // namespace engraft::weights::pth
