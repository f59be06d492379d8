#include "weights/pth/pickle_globals.h"

#include <array>
#include <map>
#include <set>

#include "engraft/error.h"

namespace engraft::weights::pth {
namespace {

constexpr std::size_t kMaxKeyLength = 100;  // they are numbers

struct ElementType {
  const char* name;
  base::DType dtype;
};
constexpr std::array<ElementType, 10> kElementTypes = {{{"Float", base::DType::kFloat32},
                                                        {"Double", base::DType::kFloat64},
                                                        {"Half", base::DType::kFloat16},
                                                        {"BFloat16", base::DType::kBFloat16},
                                                        {"Long", base::DType::kInt64},
                                                        {"Int", base::DType::kInt32},
                                                        {"Short", base::DType::kInt16},
                                                        {"Char", base::DType::kInt8},
                                                        {"Byte", base::DType::kUInt8},
                                                        {"Bool", base::DType::kBool}}};
constexpr std::array<const char*, 2> kModules = {"torch.", "torch.cuda."};

std::map<std::string, base::DType> storage_classes() {
  std::map<std::string, base::DType> classes;
  for (const std::string module : kModules) {
    for (const ElementType& type : kElementTypes) {
      classes[module + type.name + "Storage"] = type.dtype;
    }
  }
  return classes;
}

}  // namespace

bool is_understood(const std::string& global) {
  static const std::set<std::string> calls = {"collections.OrderedDict",
                                              "collections.defaultdict",
                                              "torch.Size",
                                              "torch.nn.parameter.Parameter",
                                              "torch._utils._rebuild_tensor",
                                              "torch._utils._rebuild_parameter",
                                              "torch._utils._rebuild_tensor_v2",
                                              "torch._utils._rebuild_parameter_with_state"};
  return calls.contains(global);
}

std::optional<base::DType> storage_dtype(const std::string& global) {
  static const std::map<std::string, base::DType> classes = storage_classes();
  const auto found = classes.find(global);
  return found == classes.end() ? std::nullopt : std::optional(found->second);
}

PickledObject load_storage(const Pickle& pickle, ObjectId id, const std::string& name) {
  const auto fail = [&] { throw Error(name + ": damaged: a storage in it is described wrongly"); };
  const auto* tuple = pickle.get<PickledList>(id);
  if (tuple == nullptr || tuple->items.size() < 5) fail();
  const auto* kind = pickle.get<std::string>(tuple->items[0]);
  const auto* type = pickle.get<PickledGlobal>(tuple->items[1]);
  const auto* key = pickle.get<std::string>(tuple->items[2]);
  const auto* elements = pickle.get<std::int64_t>(tuple->items[4]);
  if (kind == nullptr || *kind != "storage" || type == nullptr || key == nullptr ||
      key->size() > kMaxKeyLength || elements == nullptr || *elements < 0) {
    fail();
  }
  const std::optional<base::DType> dtype = storage_dtype(type->name);
  if (!dtype) fail();
  PickledStorage storage{.key = *key,
                         .dtype = *dtype,
                         .elements = static_cast<std::uint64_t>(*elements),
                         .view_begin = 0,
                         .view_elements = static_cast<std::uint64_t>(*elements)};
  // (key, offset, elements) of a storage that is part of another, before PyTorch 0.4.
  const auto* view = tuple->items.size() > 5 ? pickle.get<PickledList>(tuple->items[5]) : nullptr;
  if (view != nullptr) {
    if (view->items.size() != 3) fail();
    const auto* begin = pickle.get<std::int64_t>(view->items[1]);
    const auto* count = pickle.get<std::int64_t>(view->items[2]);
    if (begin == nullptr || count == nullptr || *begin < 0 || *count < 0 || *begin > *elements ||
        *count > *elements - *begin) {
      fail();
    }
    storage.view_begin = static_cast<std::uint64_t>(*begin);
    storage.view_elements = static_cast<std::uint64_t>(*count);
  }
  return storage;
}

}  // namespace engraft::weights::pth
