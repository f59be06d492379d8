#include "weights/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "engraft/error.h"

namespace engraft {
namespace {

constexpr std::size_t kMaxObjects = 4'000'000;
constexpr std::size_t kMaxDimensions = 16;

// The opcodes that torch.save writes for tensors in dictionaries; every other is refused.
enum Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyTuple = ')',
  kEmptyList = ']',
  kEmptyDict = '}',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
};

struct StorageClass {
  const char* name;
  DType dtype;
};
constexpr std::array<StorageClass, 10> kStorageClasses = {{{"Float", DType::kFloat32},
                                                           {"Double", DType::kFloat64},
                                                           {"Half", DType::kFloat16},
                                                           {"BFloat16", DType::kBFloat16},
                                                           {"Long", DType::kInt64},
                                                           {"Int", DType::kInt32},
                                                           {"Short", DType::kInt16},
                                                           {"Char", DType::kInt8},
                                                           {"Byte", DType::kUInt8},
                                                           {"Bool", DType::kBool}}};

bool is_known(const std::string& global) {
  static const std::array<const char*, 6> names = {
      "collections.OrderedDict",        "torch.Size",
      "torch._utils._rebuild_tensor",   "torch._utils._rebuild_tensor_v2",
      "torch._utils._rebuild_parameter", "torch.nn.parameter.Parameter"};
  const bool tensor_class =
      (global.starts_with("torch.") || global.starts_with("torch.cuda.")) &&
      global.ends_with("Tensor") && global.find('_') == std::string::npos;  // named in the tar form
  return std::find(names.begin(), names.end(), global) != names.end() ||
         storage_dtype(global).has_value() || tensor_class;
}

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& name,
          const PersistentLoad& persistent_load)
      : bytes_(bytes), name_(name), persistent_load_(persistent_load) {}

  Pickle run(std::size_t& used) {
    while (step(static_cast<Opcode>(byte()))) {
    }
    pickle_.root = pop();
    used = place_;
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(fmt::format("{}: {}", name_, reason));
  }

  // The next bytes of the pickle.
  std::span<const std::byte> take(std::uint64_t count) {
    if (count > bytes_.size() - place_) {
      fail("the file is cut off within its description of the tensors; fetch it again");
    }
    const auto taken = bytes_.subspan(place_, static_cast<std::size_t>(count));
    place_ += static_cast<std::size_t>(count);
    return taken;
  }

  unsigned char byte() { return std::to_integer<unsigned char>(take(1)[0]); }

  std::uint64_t little_endian(std::size_t count) {
    std::uint64_t value = 0;
    const auto taken = take(count);
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::to_integer<std::uint64_t>(taken[i]) << (8 * i);
    }
    return value;
  }

  std::string text(std::uint64_t length) {
    const auto taken = take(length);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  std::string line() {
    std::string result;
    for (;;) {
      const char c = static_cast<char>(byte());
      if (c == '\n') return result;
      if (result.size() > 1000) fail("a name in it is too long");
      result += c;
    }
  }

  ObjectId make(PickledObject object) {
    if (pickle_.objects.size() >= kMaxObjects) fail("it holds too many objects");
    pickle_.objects.push_back(std::move(object));
    return pickle_.objects.size() - 1;
  }

  void push(PickledObject object) { stack_.push_back(make(std::move(object))); }

  ObjectId pop() {
    if (stack_.size() <= bottom()) fail("its description of the tensors is damaged");
    const ObjectId id = stack_.back();
    stack_.pop_back();
    return id;
  }

  ObjectId top() {
    const ObjectId id = pop();
    stack_.push_back(id);
    return id;
  }

  std::size_t bottom() const { return marks_.empty() ? 0 : marks_.back(); }

  std::vector<ObjectId> pop_to_mark() {
    if (marks_.empty()) fail("its description of the tensors is damaged");
    const std::size_t from = marks_.back();
    marks_.pop_back();
    std::vector<ObjectId> items(stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
    stack_.resize(from);
    return items;
  }

  void push_tuple(std::size_t count) {
    std::vector<ObjectId> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push(PickledList{std::move(items), true});
  }

  template <typename T>
  T& as(ObjectId id, const char* what) {
    T* object = std::get_if<T>(&pickle_.objects[id]);
    if (object == nullptr) fail(fmt::format("its description of the tensors is damaged ({})", what));
    return *object;
  }

  void append(const std::vector<ObjectId>& items) {
    auto& list = as<PickledList>(top(), "append to no list");
    if (list.is_tuple) fail("its description of the tensors is damaged (append to a tuple)");
    list.items.insert(list.items.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<ObjectId>& items) {
    auto& dict = as<PickledDict>(top(), "items for no dictionary");
    if (items.size() % 2 != 0) fail("its description of the tensors is damaged (a key alone)");
    for (std::size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
  }

  void global() {
    const std::string module = line();
    const std::string global = module + "." + line();
    if (!is_known(global)) {
      fail(fmt::format("refuses to load the pickled \"{}\": it is not part of a state_dict of "
                       "tensors, and could run code; do not trust this file",
                       global));
    }
    push(PickledGlobal{global});
  }

  std::int64_t integer(ObjectId id) { return as<std::int64_t>(id, "a size that is no number"); }

  std::vector<std::int64_t> integers(ObjectId id) {
    const auto& list = as<PickledList>(id, "a shape that is no list");
    if (list.items.size() > kMaxDimensions) fail("a tensor in it has too many dimensions");
    std::vector<std::int64_t> result;
    for (const ObjectId item : list.items) result.push_back(integer(item));
    return result;
  }

  // A call: only those of the list, and they are not made but understood.
  void reduce() {
    const ObjectId argument = pop();
    const std::string called = as<PickledGlobal>(pop(), "a call of no function").name;
    const std::vector<ObjectId> arguments = as<PickledList>(argument, "a call of no arguments").items;
    if (called == "collections.OrderedDict") {
      PickledDict dict;
      if (!arguments.empty()) add_pairs(dict, arguments[0]);
      push(std::move(dict));
    } else if (called == "torch.Size" && arguments.size() == 1) {
      stack_.push_back(arguments[0]);
    } else if (called.starts_with("torch._utils._rebuild_tensor") && arguments.size() >= 4) {
      as<PickledStorage>(arguments[0], "a tensor without storage");
      push(PickledTensor{arguments[0], integer(arguments[1]), integers(arguments[2]),
                         integers(arguments[3])});
    } else if ((called == "torch._utils._rebuild_parameter" ||
                called == "torch.nn.parameter.Parameter") &&
               !arguments.empty()) {
      stack_.push_back(arguments[0]);
    } else {
      fail(fmt::format("refuses to call the pickled \"{}\"", called));
    }
  }

  // OrderedDict([(key, value), ...]), as Python 2 wrote it.
  void add_pairs(PickledDict& dict, ObjectId id) {
    const std::vector<ObjectId> pairs = as<PickledList>(id, "a dictionary of no pairs").items;
    for (const ObjectId pair : pairs) {
      const auto& two = as<PickledList>(pair, "a dictionary of no pairs").items;
      if (two.size() != 2) fail("its description of the tensors is damaged (no pair)");
      dict.items.emplace_back(two[0], two[1]);
    }
  }

  bool step(Opcode opcode) {
    switch (opcode) {
      case kProto: {
        const int version = byte();
        if (version > 2) fail(fmt::format("it is written in pickle protocol {}, of which only what "
                                          "torch.save uses (2) is read", version));
        return true;
      }
      case kStop: return false;
      case kMark: marks_.push_back(stack_.size()); return true;
      case kPop: pop(); return true;
      case kNone: push(PickledNone{}); return true;
      case kNewTrue: push(true); return true;
      case kNewFalse: push(false); return true;
      case kBinInt:
        push(static_cast<std::int64_t>(static_cast<std::int32_t>(little_endian(4))));
        return true;
      case kBinInt1: push(static_cast<std::int64_t>(byte())); return true;
      case kBinInt2: push(static_cast<std::int64_t>(little_endian(2))); return true;
      case kLong1: push_long(text(byte())); return true;
      case kBinFloat: {
        std::uint64_t bits = 0;
        for (const std::byte one : take(8)) bits = bits << 8U | std::to_integer<std::uint64_t>(one);
        push(std::bit_cast<double>(bits));
        return true;
      }
      case kBinUnicode:
      case kBinString: push(text(little_endian(4))); return true;
      case kShortBinString: push(text(byte())); return true;
      case kEmptyTuple: push(PickledList{{}, true}); return true;
      case kEmptyList: push(PickledList{}); return true;
      case kEmptyDict: push(PickledDict{}); return true;
      case kTuple: push(PickledList{pop_to_mark(), true}); return true;
      case kTuple1: push_tuple(1); return true;
      case kTuple2: push_tuple(2); return true;
      case kTuple3: push_tuple(3); return true;
      case kAppend: append({pop()}); return true;
      case kAppends: append(pop_to_mark()); return true;
      case kSetItem: {
        const ObjectId value = pop();
        const ObjectId key = pop();
        set_items({key, value});
        return true;
      }
      case kSetItems: set_items(pop_to_mark()); return true;
      case kBinPut: memo_[byte()] = top(); return true;
      case kLongBinPut: memo_[little_endian(4)] = top(); return true;
      case kBinGet: get(byte()); return true;
      case kLongBinGet: get(little_endian(4)); return true;
      case kGlobal: global(); return true;
      case kReduce:
      case kNewObj: reduce(); return true;
      case kBuild: build(); return true;
      case kBinPersId: {
        if (!persistent_load_) fail("it refers to a storage where there is none");
        PickledObject object = persistent_load_(pickle_, pop());
        push(std::move(object));
        return true;
      }
    }
    fail(fmt::format("refuses the pickle opcode 0x{:02x}, which no state_dict of tensors needs; do "
                     "not trust this file", static_cast<unsigned>(opcode)));
  }

  void push_long(std::string digits) {
    if (digits.size() > 8) return push(PickledLong{std::move(digits)});
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(digits[i])) << (8 * i);
    }
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    if (negative && digits.size() < 8) value |= ~std::uint64_t{0} << (8 * digits.size());
    push(static_cast<std::int64_t>(value));
  }

  void get(std::uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) fail("its description of the tensors is damaged (no such memo)");
    stack_.push_back(found->second);
  }

  // State set on a dictionary (state_dict's _metadata) is of no use to us.
  void build() {
    pop();
    as<PickledDict>(top(), "state for no dictionary");
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  const PersistentLoad& persistent_load_;
  std::size_t place_ = 0;
  Pickle pickle_;
  std::vector<ObjectId> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint64_t, ObjectId> memo_;
};

}  // namespace

std::optional<DType> storage_dtype(const std::string& global) {
  for (const char* module : {"torch.", "torch.cuda."}) {
    for (const StorageClass& one : kStorageClasses) {
      if (global == fmt::format("{}{}Storage", module, one.name)) return one.dtype;
    }
  }
  return std::nullopt;
}

Pickle read_pickle(std::span<const std::byte> bytes, const std::string& name,
                   const PersistentLoad& persistent_load, std::size_t& used) {
  return Machine(bytes, name, persistent_load).run(used);
}

PickledObject load_storage(const Pickle& pickle, ObjectId id, const std::string& name) {
  const auto* tuple = std::get_if<PickledList>(&pickle.objects[id]);
  if (tuple != nullptr && tuple->items.size() >= 5) {
    const auto* kind = std::get_if<std::string>(&pickle.objects[tuple->items[0]]);
    const auto* type = std::get_if<PickledGlobal>(&pickle.objects[tuple->items[1]]);
    const auto* key = std::get_if<std::string>(&pickle.objects[tuple->items[2]]);
    const auto* elements = std::get_if<std::int64_t>(&pickle.objects[tuple->items[4]]);
    const auto dtype = type == nullptr ? std::nullopt : storage_dtype(type->name);
    if (kind != nullptr && *kind == "storage" && dtype && key != nullptr && elements != nullptr &&
        *elements >= 0) {
      return PickledStorage{*key, *dtype, static_cast<std::uint64_t>(*elements)};
    }
  }
  throw Error(name + ": a storage in it is described wrongly");
}

}  // namespace engraft
