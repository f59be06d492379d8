#include "weights/pth/pickle.h"

#include <fmt/format.h>

#include <bit>
#include <map>

#include "base/text.h"
#include "engraft/error.h"
#include "weights/pth/pickle_globals.h"
#include "weights/pth/pickle_opcodes.h"

namespace engraft::weights::pth {
namespace {

constexpr std::size_t kMaxObjects = 1'000'000;
constexpr std::size_t kMaxDimensions = 16;
constexpr std::size_t kMaxArguments = 16;
constexpr std::size_t kMaxNameLength = 1000;

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& name,
          const PersistentLoad& persistent_load, PickleBudget& budget)
      : bytes_(bytes), name_(name), persistent_load_(persistent_load), budget_(budget) {}

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

  [[noreturn]] void damaged(const char* what) const {
    fail(fmt::format(
        "damaged: its description of the tensors makes no sense ({}); download it again", what));
  }

  // The next bytes of the pickle.
  std::span<const std::byte> take(std::uint64_t count) {
    if (count > bytes_.size() - place_) {
      fail(
          fmt::format("cut off within its description of the tensors: at least {} bytes are "
                      "missing; download it again",
                      count - (bytes_.size() - place_)));
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
      if (result.size() > kMaxNameLength) damaged("a name too long");
      result += c;
    }
  }

  void spend(std::uint64_t bytes) {
    if (bytes > budget_.left) {
      fail("it describes more than any network needs; do not trust this file");
    }
    budget_.left -= bytes;
  }

  void push_id(ObjectId id) {
    spend(sizeof id);
    stack_.push_back(id);
  }

  void push(PickledObject object) {
    if (pickle_.objects.size() >= kMaxObjects) {
      fail("it describes more objects than any network needs; do not trust this file");
    }
    spend(sizeof object);
    pickle_.objects.push_back(std::move(object));
    push_id(pickle_.objects.size() - 1);
  }

  // Text must be UTF-8, so that no two readers see different names.
  void push_text(std::uint64_t length) {
    std::string content = text(length);
    if (!base::is_utf8(content)) damaged("text that is not UTF-8");
    spend(length);
    push(std::move(content));
  }

  // Python 2's strings were bytes too, of numbers among others; such are nobody's names.
  void push_bytes(std::uint64_t length) {
    std::string content = text(length);
    spend(length);
    if (!base::is_utf8(content)) return push(PickledForeign{"bytes"});
    push(std::move(content));
  }

  ObjectId pop() {
    if (stack_.size() <= bottom()) damaged("an operand is missing");
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
    if (marks_.empty()) damaged("a mark is missing");
    const std::size_t from = marks_.back();
    marks_.pop_back();
    spend(sizeof(ObjectId) * (stack_.size() - from));
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
    if (object == nullptr) damaged(what);
    return *object;
  }

  bool is_foreign(ObjectId id) const { return pickle_.get<PickledForeign>(id) != nullptr; }

  void append(const std::vector<ObjectId>& items) {
    if (is_foreign(top())) return;
    auto& list = as<PickledList>(top(), "append to no list");
    if (list.is_tuple) damaged("append to a tuple");
    spend(sizeof(ObjectId) * items.size());
    list.items.insert(list.items.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<ObjectId>& items) {
    if (is_foreign(top())) return;
    auto& dict = as<PickledDict>(top(), "items for no dictionary");
    if (items.size() % 2 != 0) damaged("a key alone");
    spend(sizeof(ObjectId) * items.size());
    for (std::size_t i = 0; i < items.size(); i += 2)
      dict.items.emplace_back(items[i], items[i + 1]);
  }

  void global() {
    const std::string module = line();
    const std::string global = module + "." + line();
    spend(global.size());
    push(PickledGlobal{global});
  }

  std::int64_t integer(ObjectId id) { return as<std::int64_t>(id, "a size that is no number"); }

  std::vector<std::int64_t> integers(ObjectId id) {
    const auto& list = as<PickledList>(id, "a shape that is no list");
    if (list.items.size() > kMaxDimensions) damaged("a tensor of too many dimensions");
    std::vector<std::int64_t> result;
    for (const ObjectId item : list.items) result.push_back(integer(item));
    return result;
  }

  // A call is not made but understood where it gives a tensor or a dictionary; what any other would
  // give is foreign.
  void reduce() {
    const ObjectId argument = pop();
    const ObjectId function = pop();
    if (const auto* made = pickle_.get<PickledForeign>(function)) {
      return push_foreign(made->made_by);
    }
    const std::string called = as<PickledGlobal>(function, "a call of no function").name;
    // Copied, for push() moves the objects.
    const auto& list = as<PickledList>(argument, "a call of no arguments").items;
    if (!is_understood(called) || list.size() > kMaxArguments) return push_foreign(called);
    const std::vector<ObjectId> arguments = list;
    if (called == "collections.OrderedDict") {
      PickledDict dict;
      if (!arguments.empty()) add_pairs(dict, arguments[0]);
      push(std::move(dict));
    } else if (called == "collections.defaultdict") {
      push(PickledDict{});
    } else if (called == "torch.Size" && arguments.size() == 1) {
      push_id(arguments[0]);
    } else if (called.starts_with("torch._utils._rebuild_tensor") && arguments.size() >= 4) {
      as<PickledStorage>(arguments[0], "a tensor without storage");
      PickledTensor tensor{arguments[0], integer(arguments[1]), integers(arguments[2]),
                           integers(arguments[3])};
      spend(sizeof(std::int64_t) * (tensor.shape.size() + tensor.strides.size()));
      push(std::move(tensor));
    } else if (called == "torch.nn.parameter.Parameter" && arguments.empty()) {
      push(PickledParameter{});  // its tensor comes as state
    } else if ((called.starts_with("torch._utils._rebuild_parameter") ||
                called == "torch.nn.parameter.Parameter") &&
               !arguments.empty()) {
      push_id(arguments[0]);
    } else {
      push_foreign(called);
    }
  }

  void push_foreign(const std::string& made_by) {
    spend(made_by.size());
    push(PickledForeign{made_by});
  }

  // OrderedDict([(key, value), ...]), as Python 2 wrote it.
  void add_pairs(PickledDict& dict, ObjectId id) {
    const auto& pairs = as<PickledList>(id, "a dictionary of no pairs").items;
    spend(2 * sizeof(ObjectId) * pairs.size());
    for (const ObjectId pair : pairs) {
      const auto& two = as<PickledList>(pair, "a dictionary of no pairs").items;
      if (two.size() != 2) damaged("a dictionary of no pairs");
      dict.items.emplace_back(two[0], two[1]);
    }
  }

  // State set on a dictionary (state_dict's _metadata), on a finished tensor or on what is foreign
  // is of no use to us. A parameter's, before PyTorch 0.1.10, is (tensor, ...).
  void build() {
    const ObjectId state = pop();
    PickledObject& object = pickle_.objects[top()];
    if (std::holds_alternative<PickledParameter>(object)) {
      const auto& items = as<PickledList>(state, "a parameter of no tensor").items;
      if (items.empty()) damaged("a parameter of no tensor");
      const PickledObject& data = pickle_.objects[items[0]];
      const auto* reference = std::get_if<PickledStorage>(&data);
      if (reference == nullptr && !std::holds_alternative<PickledTensor>(data)) {
        damaged("a parameter of no tensor");
      }
      if (reference != nullptr) spend(reference->key.size());
      object = PickledObject(data);
    } else if (!std::holds_alternative<PickledDict>(object) &&
               !std::holds_alternative<PickledTensor>(object) &&
               !std::holds_alternative<PickledStorage>(object) &&
               !std::holds_alternative<PickledForeign>(object)) {
      damaged("state for no dictionary");
    }
  }

  // Does what one opcode asks for; false at the last.
  bool step(Opcode opcode) {
    // clang-format off
    switch (opcode) {
      case kStop: return false;
      case kProto: protocol(byte()); return true;
      case kMark: mark(); return true;
      case kNone: push(PickledNone{}); return true;
      case kNewTrue: push(true); return true;
      case kNewFalse: push(false); return true;
      case kBinInt: push(std::int64_t{static_cast<std::int32_t>(little_endian(4))}); return true;
      case kBinInt1: push(static_cast<std::int64_t>(byte())); return true;
      case kBinInt2: push(static_cast<std::int64_t>(little_endian(2))); return true;
      case kLong1: push_long(text(byte())); return true;
      case kBinFloat: push_float(); return true;
      case kBinUnicode: push_text(little_endian(4)); return true;
      case kBinString: push_bytes(little_endian(4)); return true;
      case kShortBinString: push_bytes(byte()); return true;
      case kEmptyTuple: push(PickledList{{}, true}); return true;
      case kEmptyList: push(PickledList{}); return true;
      case kEmptyDict: push(PickledDict{}); return true;
      case kTuple: push(PickledList{pop_to_mark(), true}); return true;
      case kTuple1: push_tuple(1); return true;
      case kTuple2: push_tuple(2); return true;
      case kTuple3: push_tuple(3); return true;
      case kAppend: append({pop()}); return true;
      case kAppends: append(pop_to_mark()); return true;
      case kSetItem: set_item(); return true;
      case kSetItems: set_items(pop_to_mark()); return true;
      case kBinPut: put(byte()); return true;
      case kLongBinPut: put(little_endian(4)); return true;
      case kBinGet: get(byte()); return true;
      case kLongBinGet: get(little_endian(4)); return true;
      case kGlobal: global(); return true;
      case kReduce:
      case kNewObj: reduce(); return true;
      case kBuild: build(); return true;
      case kBinPersId: load_persistent(); return true;
    }
    // clang-format on
    fail(fmt::format(
        "refuses the pickle opcode 0x{:02x}, which no state_dict of tensors needs: this "
        "file may be malicious, or damaged",
        static_cast<unsigned>(opcode)));
  }

  void protocol(int version) const {
    if (version == 2) return;
    fail(
        fmt::format("written in pickle protocol {}, but torch.save's own, 2, is all that is read; "
                    "save it again in Python without pickle_protocol=",
                    version));
  }

  void mark() {
    spend(sizeof(std::size_t));
    marks_.push_back(stack_.size());
  }

  void set_item() {
    const ObjectId value = pop();
    const ObjectId key = pop();
    set_items({key, value});
  }

  void push_float() {
    std::uint64_t bits = 0;
    for (const std::byte one : take(8)) bits = bits << 8U | std::to_integer<std::uint64_t>(one);
    push(std::bit_cast<double>(bits));
  }

  void load_persistent() {
    if (!persistent_load_) damaged("a storage where there is none");
    PickledObject object = persistent_load_(pickle_, pop());
    spend(std::get<PickledStorage>(object).key.size());
    push(std::move(object));
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

  void put(std::uint64_t slot) {
    spend(64);  // about what a place in the map takes
    memo_[slot] = top();
  }

  void get(std::uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) damaged("no such memo");
    push_id(found->second);
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  const PersistentLoad& persistent_load_;
  PickleBudget& budget_;
  std::size_t place_ = 0;
  Pickle pickle_;
  std::vector<ObjectId> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint64_t, ObjectId> memo_;
};

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes, const std::string& name,
                   const PersistentLoad& persistent_load, std::size_t& used, PickleBudget& budget) {
  return Machine(bytes, name, persistent_load, budget).run(used);
}

}  // namespace engraft::weights::pth
