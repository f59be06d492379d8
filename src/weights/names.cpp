#include "weights/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::weights {
namespace {

constexpr std::size_t kMaxNameLength = 1000;  // longer ones are no parameter's
constexpr std::size_t kListed = 6;            // copies in a message

// Modules that hold another one and nothing of their own (DataParallel, torch.compile, FSDP,
// activation checkpoints, Fabric): they may stand anywhere in a name.
constexpr std::array<std::string_view, 5> kWrappers = {
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"};

// Where the network itself lies in the files of usual training scripts, most usual first; MoCo's
// query encoder is the one that learns.
constexpr std::array<std::string_view, 6> kUsualPlaces = {"",      "state_dict", "model_state_dict",
                                                          "model", "encoder_q",  "net"};

std::vector<std::string_view> parts_of(std::string_view name) { return base::split(name, '.'); }

// Whether `name` has one of `words` between its dots, underscores and hyphens, capitals aside.
bool has_word(std::string_view name, std::initializer_list<std::string_view> words) {
  std::string word;
  for (const char letter : base::lower_ascii(name) + ".") {
    if (letter != '.' && letter != '_' && letter != '-') {
      word += letter;
    } else {
      if (std::ranges::find(words, word) != words.end()) return true;
      word.clear();
    }
  }
  return false;
}

// DenseNet's published files are older than its names: "denselayer1.norm.1.weight" became
// "denselayer1.norm1.weight" (torchvision renames them likewise when it loads them).
std::string current_name(const graph::Graph& graph, const std::string& name) {
  if (!graph.architecture.starts_with("densenet")) return name;
  std::string current;
  bool in_layer = false;
  bool joins = false;  // the part before takes its number
  for (const std::string_view part : parts_of(name)) {
    const bool number = part == "1" || part == "2";
    if (!current.empty() && !(joins && number)) current += '.';
    current += part;
    joins = in_layer && (part == "norm" || part == "relu" || part == "conv");
    in_layer = part.starts_with("denselayer");
  }
  return current;
}

// An entry of the file, and its name without wrappers.
struct Entry {
  const std::string* written;
  const base::Tensor* tensor = nullptr;
  const std::string* foreign = nullptr;
};

// How many of the network's parameters stand under one prefix.
struct Copy {
  std::string prefix;  // with its dot; empty for the file's own names
  std::size_t shaped = 0;
  std::size_t named = 0;
  bool headed = false;
  bool averaged = false;

  auto completeness() const { return std::tuple(shaped, named, headed); }
};

class Finder {
 public:
  Finder(const graph::Graph& graph, const WeightFile& file, const WeightPlace& place)
      : graph_(graph), place_(place) {
    const std::vector<bool> used = graph::nodes_in_use(graph);
    const graph::NodeId head_node = graph::head_of(graph);
    std::set<std::string_view> modules;
    parameters_ = graph::named_parameters(graph);
    const graph::Node& head = graph.nodes[head_node];
    head_ = graph::full_name(head, graph::parameters_of(head.layer)[0]);
    for (const graph::NamedParameter& parameter : parameters_) {
      for (const std::string_view part : parts_of(parameter.name)) modules.insert(part);
      if (used[parameter.node] && parameter.dtype == base::DType::kFloat32 &&
          parameter.node != head_node) {
        wanted_[parameter.name] = &parameter;
      }
    }
    for (const std::string_view wrapper : kWrappers) {
      if (!modules.contains(wrapper)) wrappers_.insert(wrapper);
    }
    for (const auto& [name, tensor] : file.tensors) add({&name, &tensor, nullptr});
    for (const auto& [name, made_by] : file.foreign) add({&name, nullptr, &made_by});
  }

  FoundParameters run() {
    count_copies();
    FoundParameters found;
    if (copies_.empty()) {
      if (!place_.key.empty()) fail_for_key();
      for (const auto& [plain, entry] : entries_) {
        if (entry.tensor != nullptr) found.tensors[*entry.written] = *entry.tensor;
      }
      return found;
    }
    const Copy& copy = chosen(found.notes);
    take(copy, found);
    return found;
  }

 private:
  // The same name twice is the one with less around it.
  void add(const Entry& entry) {
    const auto [place, is_new] = entries_.emplace(plain(*entry.written), entry);
    if (!is_new && entry.written->size() < place->second.written->size()) place->second = entry;
  }

  std::string plain(const std::string& written) const {
    if (written.size() > kMaxNameLength) return written;
    std::string result;
    for (const std::string_view part : parts_of(written)) {
      if (wrappers_.contains(part)) continue;
      if (!result.empty()) result += '.';
      result += part;
    }
    return current_name(graph_, result);
  }

  // Each prefix under which at least half of what is wanted stands, best first. What an optimiser
  // keeps for each parameter is no copy.
  void count_copies() {
    std::map<std::string, Copy> counted;
    for (const auto& [name, entry] : entries_) {
      if (entry.tensor == nullptr || name.size() > kMaxNameLength) continue;
      for (std::size_t begin = 0;;) {
        const auto parameter = wanted_.find(std::string_view(name).substr(begin));
        if (parameter != wanted_.end()) {
          Copy& copy = counted[name.substr(0, begin)];
          ++copy.named;
          copy.shaped += parameter->second->shape == entry.tensor->shape() ? 1 : 0;
        }
        const std::size_t dot = name.find('.', begin);
        if (dot == std::string::npos) break;
        begin = dot + 1;
      }
    }
    for (auto& [prefix, copy] : counted) {
      if (2 * copy.named < wanted_.size() ||
          has_word(prefix, {"optimizer", "optimiser", "optim", "optimizers"})) {
        continue;
      }
      copy.prefix = prefix;
      copy.headed = entries_.contains(prefix + head_);
      copy.averaged = has_word(prefix, {"ema"}) || entries_.contains(prefix + "n_averaged");
      copies_.push_back(copy);
    }
    std::ranges::stable_sort(copies_, std::greater(), &Copy::completeness);
    for (const Copy& copy : copies_) prefixes_.insert(copy.prefix);
  }

  // As --weights takes it: without the dot.
  static std::string key_of(const Copy& copy) {
    return copy.prefix.substr(0, copy.prefix.size() - (copy.prefix.empty() ? 0 : 1));
  }

  std::string listed(const std::string& before) const {
    std::string text;
    for (std::size_t i = 0; i < std::min(copies_.size(), kListed); ++i) {
      const std::string key = key_of(copies_[i]);
      text += fmt::format("\n  {}{}  ({} of {} parameters)", before,
                          key.empty() ? "" : ":" + base::printable(key), copies_[i].named,
                          wanted_.size());
    }
    if (copies_.size() > kListed) text += fmt::format("\n  and {} more", copies_.size() - kListed);
    return text;
  }

  [[noreturn]] void fail_for_key() const {
    if (copies_.empty()) {
      throw Error(fmt::format("{}: holds no {}, neither under \"{}\" nor elsewhere",
                              place_.file.string(), graph_.architecture, place_.key));
    }
    throw Error(fmt::format("{}: holds no {} under \"{}\"; there is:{}", place_.file.string(),
                            graph_.architecture, place_.key,
                            listed("--weights " + place_.file.string())));
  }

  // Whether a copy lies where the key says: its whole place, or the beginning or end of it.
  bool is_meant(const Copy& copy) const {
    const std::string at = "." + copy.prefix;
    const std::string key = "." + place_.key + ".";
    return at == key || at.starts_with(key) || at.ends_with(key);
  }

  static std::size_t rank_of(const Copy& copy) {
    const std::string key = key_of(copy);
    const std::size_t dot = key.rfind('.');
    const std::string last = dot == std::string::npos ? key : key.substr(dot + 1);
    return static_cast<std::size_t>(std::ranges::find(kUsualPlaces, last) - kUsualPlaces.begin());
  }

  const Copy& chosen(std::vector<std::string>& notes) const {
    if (!place_.key.empty()) {
      const auto meant =
          std::ranges::find_if(copies_, [&](const Copy& one) { return is_meant(one); });
      if (meant == copies_.end()) fail_for_key();
      return *meant;
    }
    const Copy* choice = nullptr;
    std::size_t equals = 0;  // that nothing tells from the choice
    for (const Copy& copy : copies_) {
      if (copy.completeness() != copies_.front().completeness()) break;
      const auto better = [&] {
        if (copy.averaged != choice->averaged) return copy.averaged;
        return rank_of(copy) < rank_of(*choice);
      };
      if (choice == nullptr || better()) {
        choice = &copy;
        equals = 1;
      } else if (copy.averaged == choice->averaged && rank_of(copy) == rank_of(*choice)) {
        ++equals;
      }
    }
    if (equals > 1) {
      throw Error(fmt::format("{}: holds {} more than once; say which is meant:{}",
                              place_.file.string(), graph_.architecture,
                              listed("--weights " + place_.file.string())));
    }
    if (copies_.size() > 1) note_choice(*choice, notes);
    return *choice;
  }

  void note_choice(const Copy& choice, std::vector<std::string>& notes) const {
    std::vector<std::string> others;
    for (const Copy& copy : copies_) {
      const std::string key = key_of(copy);
      if (&copy == &choice || others.size() == kListed) continue;
      others.push_back(key.empty() ? "its outermost names" : base::printable(key));
    }
    const std::string key = key_of(choice);
    notes.push_back(
        fmt::format("{}: took the {}weights{}; others: {} (--weights FILE:KEY chooses)",
                    place_.file.string(), choice.averaged ? "averaged (EMA) " : "",
                    key.empty() ? "of its outermost names" : " under " + base::printable(key),
                    fmt::join(others, ", ")));
  }

  void take(const Copy& copy, FoundParameters& found) {
    std::map<std::string, std::size_t> taken_off;
    std::set<const std::string*> claimed;
    for (const graph::NamedParameter& parameter : parameters_) {
      const Entry* entry = nullptr;
      // What is not under the copy's own prefix may stand under a part of it: a head beside the
      // backbone.
      for (std::string prefix = copy.prefix; entry == nullptr; prefix = shortened(prefix)) {
        const auto at = entries_.find(prefix + parameter.name);
        if (at != entries_.end() && !claimed.contains(at->second.written)) entry = &at->second;
        if (prefix.empty()) break;
      }
      if (entry == nullptr) continue;
      claimed.insert(entry->written);
      ++taken_off[removed(*entry->written, parameter.name)];
      if (entry->tensor != nullptr) found.tensors[parameter.name] = *entry->tensor;
      if (entry->foreign != nullptr) found.foreign[parameter.name] = *entry->foreign;
    }
    for (const auto& [name, entry] : entries_) {
      if (entry.tensor != nullptr && !claimed.contains(entry.written) && lies_beside(name, copy)) {
        found.tensors[name.substr(copy.prefix.size())] = *entry.tensor;
      }
    }
    note_taken_off(taken_off, found.notes);
  }

  static std::string shortened(const std::string& prefix) {
    const std::size_t dot = prefix.rfind('.', prefix.size() - 2);
    return prefix.size() < 2 || dot == std::string::npos ? "" : prefix.substr(0, dot + 1);
  }

  // Whether what has this name belongs to the copy: not to another, and no count of averages.
  bool lies_beside(const std::string& name, const Copy& copy) const {
    if (!name.starts_with(copy.prefix) || name == copy.prefix + "n_averaged") return false;
    if (has_word(name.substr(0, name.find('.')), {"optimizer", "optimiser", "optim"})) return false;
    // By the places where a copy could end, for there may be as many copies as names.
    for (std::size_t dot = name.find('.', copy.prefix.size()); dot != std::string::npos;
         dot = name.find('.', dot + 1)) {
      if (prefixes_.contains(std::string_view(name).substr(0, dot + 1))) return false;
    }
    return true;
  }

  // The parts of a written name that the network's own lacks.
  static std::string removed(const std::string& written, const std::string& name) {
    const std::vector<std::string_view> all = parts_of(written);
    const std::vector<std::string_view> own = parts_of(name);
    std::vector<std::string_view> parts;
    std::size_t left = own.size();
    for (std::size_t i = all.size(); i-- > 0;) {
      if (left > 0 && all[i] == own[left - 1]) {
        --left;
      } else {
        parts.insert(parts.begin(), all[i]);
      }
    }
    return left > 0 ? "" : fmt::format("{}", fmt::join(parts, "."));  // an older name
  }

  void note_taken_off(const std::map<std::string, std::size_t>& taken_off,
                      std::vector<std::string>& notes) const {
    std::string text;
    for (const auto& [prefix, names] : taken_off) {
      if (prefix.empty()) continue;
      text += fmt::format("{}\"{}.\" off {} names", text.empty() ? "took " : ", ",
                          base::printable(prefix), names);
    }
    if (!text.empty()) notes.push_back(fmt::format("{}: {}", place_.file.string(), text));
  }

  const graph::Graph& graph_;
  const WeightPlace& place_;
  std::vector<graph::NamedParameter> parameters_;
  std::string head_;  // its weight's name
  std::unordered_map<std::string_view, const graph::NamedParameter*> wanted_;
  std::set<std::string_view> wrappers_;
  std::map<std::string, Entry> entries_;  // by their names without wrappers
  std::vector<Copy> copies_;
  std::set<std::string, std::less<>> prefixes_;  // of the copies
};

}  // namespace

FoundParameters find_parameters(const graph::Graph& graph, const WeightFile& file,
                                const WeightPlace& place) {
  return Finder(graph, file, place).run();
}

}  // namespace engraft::weights
