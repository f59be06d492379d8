// Files that are part of the program. The assembler includes them, so that the build needs no tool
// that turns bytes into source.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engraft/error.h"
#include "weights/safetensors.h"
#include "zoo/zoo.h"

#define ENGRAFT_EMBED(symbol, path)            \
  asm(".section .rodata\n"                     \
      ".balign 64\n"                           \
      ".global " #symbol "_begin\n" #symbol    \
      "_begin:\n"                              \
      ".incbin \"" path                        \
      "\"\n"                                   \
      ".global " #symbol "_end\n" #symbol      \
      "_end:\n"                                \
      ".byte 0\n"                              \
      ".previous\n");                          \
  extern "C" const std::byte symbol##_begin[]; \
  extern "C" const std::byte symbol##_end[]

ENGRAFT_EMBED(engraft_sprout, ENGRAFT_ZOO_DIR "/sprout.safetensors");
ENGRAFT_EMBED(engraft_imagenet_classes, ENGRAFT_ZOO_DIR "/imagenet_classes.txt");
ENGRAFT_EMBED(engraft_published, ENGRAFT_ZOO_DIR "/published.tsv");

namespace engraft::zoo {
namespace {

std::string_view text_between(const std::byte* begin, const std::byte* end) {
  return {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view embedded_published() {
  return text_between(engraft_published_begin, engraft_published_end);
}

weights::WeightFile embedded_sprout() {
  // Owned by the program itself.
  return weights::parse_safetensors({engraft_sprout_begin, engraft_sprout_end},
                                    std::shared_ptr<const void>(),
                                    "the built-in sprout.safetensors");
}

std::span<const std::string> imagenet_classes() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> lines;
    std::string_view text =
        text_between(engraft_imagenet_classes_begin, engraft_imagenet_classes_end);
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      lines.emplace_back(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
  }();
  return names;
}

}  // namespace engraft::zoo
