#include "data/side_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using Words = std::vector<std::string>;
using List = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kTrain{"train", "training", "trn"};
constexpr std::array<std::string_view, 5> kVal{"val", "valid", "validation", "dev", "eval"};
constexpr std::array<std::string_view, 3> kTest{"test", "testing", "tst"};
constexpr std::array<std::string_view, 5> kUnlabelled{"pred", "predict", "prediction", "unlabeled",
                                                      "unlabelled"};
// What names the thing, not the side.
constexpr std::array<std::string_view, 14> kThings{
    "set", "sets",   "data", "dataset",  "images", "image", "imgs",
    "img", "photos", "pics", "pictures", "folder", "dir",   "split"};
constexpr std::array<std::string_view, 8> kImages{"images", "image",      "imgs",     "img",
                                                  "photos", "jpegimages", "pictures", "pics"};
constexpr std::array<std::string_view, 14> kAnnotations{
    "annotations", "annotation", "annots", "labels",       "masks", "mask",    "gt",
    "groundtruth", "xml",        "xmls",   "segmentation", "json",  "trimaps", "bboxes"};

bool contains(List list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || is_upper(c) || (c & 0x80) != 0; }

// "trainImages_2017" as train, images, 2017: at what is neither letter nor digit, between letters
// and digits, and before capitals.
Words words_of(const std::string& name) {
  Words words;
  char before = ' ';
  for (const char c : name) {
    if (is_letter(c) || is_digit(c)) {
      const bool joined =
          (is_letter(before) && is_letter(c) && (is_upper(before) || !is_upper(c))) ||
          (is_digit(before) && is_digit(c));
      if (!joined) words.emplace_back();
      words.back() += c;
    }
    before = c;
  }
  for (std::string& word : words) word = base::lower_ascii(word);
  return words;
}

std::optional<Side> side_word(std::string_view word) {
  if (contains(kTrain, word)) return Side::kTrain;
  if (contains(kVal, word)) return Side::kVal;
  if (contains(kTest, word)) return Side::kTest;
  if (contains(kUnlabelled, word)) return Side::kUnlabelled;
  return std::nullopt;
}

// The side's word with a thing written to its end: "trainset".
std::optional<Side> joined_side_word(std::string_view word) {
  for (const std::string_view thing : kThings) {
    if (word.size() <= thing.size() || !word.ends_with(thing)) continue;
    if (const auto side = side_word(word.substr(0, word.size() - thing.size()))) return side;
  }
  return std::nullopt;
}

// The better of two folders for one side: that with fewer words.
void take(std::string& chosen, std::map<std::string, std::size_t>& words, const std::string& folder,
          std::size_t count) {
  if (chosen.empty() || count < words[chosen]) chosen = folder;
  words[folder] = count;
}

std::string listed(const SideFolders& sides) {
  Words names{sides.train};
  for (const std::string* other : {&sides.val, &sides.test}) {
    if (!other->empty()) names.push_back(*other);
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

}  // namespace

std::optional<SideName> side_name(const std::string& folder) {
  std::optional<SideName> result;
  const Words words = words_of(folder);
  Words common;
  for (const std::string& word : words) {
    std::optional<Side> side = side_word(word);
    if (!side) side = joined_side_word(word);
    if (side && result) return std::nullopt;
    if (side) {
      result = SideName{*side, "", words.size()};
    } else if (!contains(kThings, word)) {
      common.push_back(word);
    }
  }
  if (result) result->common = fmt::format("{}", fmt::join(common, " "));
  return result;
}

std::optional<SideFolders> find_sides(const std::vector<std::string>& folders,
                                      const std::string& where) {
  std::map<std::string, SideFolders> splits;  // by what their folders have in common
  std::map<std::string, std::size_t> words;
  for (const std::string& folder : folders) {
    const std::optional<SideName> name = side_name(folder);
    if (!name || name->side == Side::kUnlabelled) continue;
    SideFolders& sides = splits[name->common];
    std::string& chosen = name->side == Side::kTrain ? sides.train
                          : name->side == Side::kVal ? sides.val
                                                     : sides.test;
    take(chosen, words, folder, name->words);
  }
  std::erase_if(splits, [](const auto& split) {
    const SideFolders& sides = split.second;
    return sides.train.empty() || (sides.val.empty() && sides.test.empty());
  });
  if (splits.empty()) return std::nullopt;
  if (splits.size() > 1 && !splits.contains("")) {
    Words all;
    for (const auto& [common, sides] : splits) all.push_back(listed(sides));
    throw Error(fmt::format(
        "{}: holds more than one split ({}); leave one of them in a folder of its own, and give "
        "that folder",
        where, fmt::join(all, "; ")));
  }
  SideFolders sides = splits.begin()->second;  // "" comes first
  for (const std::string& folder : folders) {
    if (folder != sides.train && folder != sides.val && folder != sides.test) {
      sides.others.push_back(folder);
    }
  }
  return sides;
}

bool is_fold_name(const std::string& folder) {
  const Words words = words_of(folder);
  const auto is_number = [](const std::string& word) { return is_digit(word.front()); };
  return words.size() == 2 && (words[0] == "fold" || words[0] == "split") && is_number(words[1]);
}

bool is_images_name(const std::string& folder) {
  return contains(kImages, base::lower_ascii(folder));
}

bool is_annotations_name(const std::string& folder) {
  std::string joined;
  for (const std::string& word : words_of(folder)) joined += word;
  return contains(kAnnotations, joined);
}

}  // namespace engraft::data
