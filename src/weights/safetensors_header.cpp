#include "weights/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::weights {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDimensions = 16;
constexpr std::size_t kMaxNameLength = 1000;

[[noreturn]] void fail(const std::string& reason) { throw Error(reason); }

// Receives the parser's events. Depth 1 is the header, 2 a tensor or the metadata, 3 its numbers.
class Handler : public json::json_sax_t {
 public:
  SafetensorsHeader header;

  bool start_object(std::size_t) override {
    if (depth_ >= 2) unexpected("an object");
    ++depth_;
    return true;
  }

  bool key(string_t& name) override {
    if (name.size() > kMaxNameLength) fail("a name in its header is far too long");
    if (depth_ == 1) {
      if (!names_.insert(name).second) twice(name);
      in_metadata_ = name == "__metadata__";
      if (!in_metadata_) {
        header.entries.push_back({.name = name});
        seen_.clear();
        numbers_.clear();
      }
      key_ = name;
    } else {
      field_ = name;
      if (in_metadata_) {
        if (header.metadata.contains(name)) twice(name);
      } else {
        if (name != "dtype" && name != "shape" && name != "data_offsets") {
          fail(fmt::format("{}: an unknown entry \"{}\"", label(), base::printable(name)));
        }
        if (!seen_.insert(name).second) twice(name);
      }
    }
    return true;
  }

  bool string(string_t& text) override {
    if (depth_ != 2) unexpected("text");
    if (in_metadata_) {
      header.metadata[field_] = text;
    } else if (field_ == "dtype") {
      const auto* found = std::ranges::find_if(
          kSafetensorsTypes, [&](const SafetensorsType& type) { return text == type.name; });
      if (found == kSafetensorsTypes.end()) {
        fail(fmt::format("{}: the type \"{}\" is not read here", label(), base::printable(text)));
      }
      entry().dtype = found->dtype;
    } else {
      unexpected("text");
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_metadata_ || field_ == "dtype") unexpected("a list");
    ++depth_;
    numbers_.clear();
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ != 3) unexpected("a number");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) no_count();
    if (numbers_.size() == kMaxDimensions) fail(label() + ": it has too many dimensions");
    numbers_.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool end_array() override {
    --depth_;
    if (field_ == "shape") {
      entry().shape = numbers_;
    } else {
      if (numbers_.size() != 2) fail(label() + ": its place is no pair of numbers");
      entry().begin = static_cast<std::uint64_t>(numbers_[0]);
      entry().end = static_cast<std::uint64_t>(numbers_[1]);
    }
    return true;
  }

  bool end_object() override {
    --depth_;
    if (depth_ == 1 && !in_metadata_) {
      if (seen_.size() != 3) fail(label() + ": its dtype, shape or place is missing");
      check_size(entry());
    }
    return true;
  }

  // Negative numbers and those with a point are no counts; the rest has no place in a header.
  bool number_integer(number_integer_t) override { no_count(); }
  bool number_float(number_float_t, const string_t&) override { no_count(); }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool binary(binary_t&) override { unexpected("bytes"); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fail(fmt::format("its header is damaged at byte {}: no valid JSON", position));
  }

 private:
  SafetensorsEntry& entry() { return header.entries.back(); }

  std::string label() const { return base::printable(key_); }

  [[noreturn]] void unexpected(const char* what) const {
    if (in_metadata_) {
      fail(fmt::format("its metadata hold {} where only text belongs", what));
    }
    fail(fmt::format("its header holds {} in an unexpected place{}{}", what,
                     key_.empty() ? "" : ": ", label()));
  }

  [[noreturn]] void no_count() const {
    if (in_metadata_ || depth_ != 3) unexpected("a number");
    fail(label() + ": a size or place is no count");
  }

  [[noreturn]] static void twice(const std::string& name) {
    fail(fmt::format("\"{}\" stands twice in its header", base::printable(name)));
  }

  static void check_size(const SafetensorsEntry& entry) {
    std::uint64_t bytes = base::size_in_bytes(entry.dtype);
    bool overflow = false;
    for (const std::int64_t extent : entry.shape) {
      overflow =
          __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes) || overflow;
    }
    if (overflow || entry.end < entry.begin || entry.end - entry.begin != bytes) {
      fail(fmt::format("{}: a {} tensor of shape {} does not fill the bytes {} to {}",
                       base::printable(entry.name), to_string(entry.dtype),
                       base::to_string(entry.shape), entry.begin, entry.end));
    }
  }

  int depth_ = 0;
  bool in_metadata_ = false;
  std::string key_;    // of the header
  std::string field_;  // of a tensor or the metadata
  std::vector<std::int64_t> numbers_;
  std::set<std::string> names_;
  std::set<std::string> seen_;  // fields of the current tensor
};

void check_tiling(std::vector<SafetensorsEntry>& entries) {
  std::ranges::sort(entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t place = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != place) {
      fail(fmt::format("{}: its bytes begin at {} instead of {}", base::printable(entry.name),
                       entry.begin, place));
    }
    place = entry.end;
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text) {
  if (!text.starts_with('{')) fail("its header does not begin with {");
  Handler handler;
  json::sax_parse(text, &handler);
  check_tiling(handler.header.entries);
  return std::move(handler.header);
}

}  // namespace engraft::weights
