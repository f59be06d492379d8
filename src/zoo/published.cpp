#include <algorithm>
#include <cassert>
#include <charconv>

#include "zoo/table.h"

namespace engraft::zoo {
namespace {

// Takes the text up to `separator` away from the front.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return front;
}

// The table is part of the program, and tested: its numbers are numbers.
template <typename T>
T number(std::string_view text) {
  T value{};
  [[maybe_unused]] const auto result =
      std::from_chars(text.data(), text.data() + text.size(), value);
  assert(result.ec == std::errc());
  return value;
}

std::array<float, 3> channels(std::string_view text) {
  std::array<float, 3> values{};
  for (float& value : values) value = number<float>(take(text, ','));
  return values;
}

}  // namespace

std::map<std::string_view, std::vector<PublishedWeights>> published_weights() {
  std::map<std::string_view, std::vector<PublishedWeights>> result;
  std::string_view text = embedded_published();
  take(text, '\n');  // the columns' names
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view network = take(line, '\t');
    PublishedWeights& weights = result[network].emplace_back();
    weights.name = take(line, '\t');
    weights.url = take(line, '\t');
    weights.file = weights.url.substr(weights.url.rfind('/') + 1);
    weights.top1_percent = number<double>(take(line, '\t'));
    weights.resize = number<int>(take(line, '\t'));
    weights.crop = number<int>(take(line, '\t'));
    weights.bicubic = take(line, '\t') == "bicubic";
    weights.normalization.mean = channels(take(line, '\t'));
    weights.normalization.stddev = channels(take(line, '\t'));
    weights.parameters = number<std::int64_t>(take(line, '\t'));
    weights.licence = line;
  }
  return result;
}

}  // namespace engraft::zoo
