#include "weights/weight_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"
#include "weights/pth/pth.h"
#include "weights/pth/recognise.h"
#include "weights/safetensors.h"

namespace engraft::weights {

namespace {

constexpr int kMaxParts = 1000;

WeightFile read_one(const base::Path& path) {
  const base::MappedFile file = base::map_file(path);
  switch (pth::weight_form(file.bytes)) {
    case pth::WeightForm::kSafetensors:
      return parse_safetensors(file.bytes, file.owner, path.string());
    case pth::WeightForm::kOther:
      throw Error(path.string() + ": " + pth::not_weights(file.bytes));
    default: {
      pth::PthContent content = pth::parse_pth(file.bytes, file.owner, path.string());
      return {.tensors = std::move(content.tensors), .foreign = std::move(content.foreign)};
    }
  }
}

// Files that belong together, which lie beside each other; `path` names one of them, or lists them.
WeightFile read_parts(const base::Path& path, const std::set<std::string>& parts) {
  WeightFile all;
  for (const std::string& part : parts) {
    const base::Path file = path.parent_path() / part;
    if (!std::filesystem::is_regular_file(file)) {
      throw Error(fmt::format("{}: weights in {} files, of which {} is missing beside it",
                              path.string(), parts.size(), base::printable(part)));
    }
    WeightFile one = read_one(file);
    all.tensors.merge(one.tensors);
    all.metadata.merge(one.metadata);
    all.foreign.merge(one.foreign);
    if (!one.tensors.empty()) {
      throw Error(fmt::format("{}: {} and another of its files both hold {}", path.string(), part,
                              base::printable(one.tensors.begin()->first)));
    }
  }
  return all;
}

// The files that an index lists: {"weight_map": {"fc.weight": "model-00001-of-00002.safetensors"}}.
std::set<std::string> parts_in_index(const base::Path& path) {
  const auto index = nlohmann::json::parse(base::read_text(path), nullptr, false);
  std::set<std::string> parts;
  if (index.is_object() && index.contains("weight_map") && index["weight_map"].is_object()) {
    for (const auto& [tensor, part] : index["weight_map"].items()) {
      if (part.is_string()) parts.insert(part.get<std::string>());
    }
  }
  for (const std::string& part : parts) {
    if (part != base::Path(part).filename().string()) {
      throw Error(fmt::format("{}: lists \"{}\", which is no name of a file beside it",
                              path.string(), base::printable(part)));
    }
  }
  if (parts.empty() || parts.size() > kMaxParts) {
    throw Error(path.string() + ": a JSON file, but no index of weights (weight_map)");
  }
  return parts;
}

bool are_digits(std::string_view text) {
  return !text.empty() && text.size() <= 6 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// All parts of "model-00001-of-00002.safetensors"; nothing for another name.
std::set<std::string> parts_by_name(const std::string& name) {
  const std::size_t ending = name.rfind('.');
  const std::size_t of = name.rfind("-of-", ending);
  const std::size_t begin = of == std::string::npos ? of : name.rfind('-', of - 1);
  if (ending == std::string::npos || begin == std::string::npos || begin >= of) return {};
  const std::string count = name.substr(of + 4, ending - of - 4);
  const std::string number = name.substr(begin + 1, of - begin - 1);
  if (!are_digits(count) || !are_digits(number)) return {};
  const int parts = std::stoi(count);
  std::set<std::string> names;
  for (int i = 1; i <= std::min(parts, kMaxParts); ++i) {
    names.insert(fmt::format("{}-{:0{}}-of-{}{}", name.substr(0, begin), i, number.size(), count,
                             name.substr(ending)));
  }
  return names.contains(name) && parts > 1 ? names : std::set<std::string>();
}

}  // namespace

WeightFile read_weights(const base::Path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with(".json")) return read_parts(path, parts_in_index(path));
  const std::set<std::string> parts = parts_by_name(name);
  return parts.empty() ? read_one(path) : read_parts(path, parts);
}

std::optional<WeightPlace> weight_place(const std::string& text) {
  if (std::filesystem::is_regular_file(text)) return WeightPlace{text, ""};
  for (std::size_t colon = text.rfind(':'); colon != std::string::npos && colon > 0;
       colon = text.rfind(':', colon - 1)) {
    const std::string file = text.substr(0, colon);
    if (std::filesystem::is_regular_file(file)) return WeightPlace{file, text.substr(colon + 1)};
  }
  return std::nullopt;
}

}  // namespace engraft::weights
