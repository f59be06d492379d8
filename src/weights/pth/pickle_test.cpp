#include "weights/pth/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::weights::pth {
namespace {

using testing::HasSubstr;
using namespace std::string_view_literals;

// What reading one pickle by itself says.
std::string problem_of(std::string_view text) {
  std::size_t used = 0;
  PickleBudget budget;
  try {
    read_pickle(std::as_bytes(std::span(text)), "p", {}, used, budget);
  } catch (const Error& error) {
    return error.what();
  }
  return used == text.size() ? "no error" : "not all was read";
}

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Pickle, ReadsPlainValues) {
  const auto text = "\x80\x02(K\x05M\x01\x02J\xff\xff\xff\xff\x8a\x02\x00\x80U\x01xNt."sv;
  std::size_t used = 0;
  PickleBudget budget;
  const Pickle pickle = read_pickle(std::as_bytes(std::span(text)), "p", {}, used, budget);
  const auto* list = pickle.get<PickledList>(pickle.root);
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->items.size(), 6U);
  EXPECT_EQ(*pickle.get<std::int64_t>(list->items[0]), 5);
  EXPECT_EQ(*pickle.get<std::int64_t>(list->items[1]), 0x201);
  EXPECT_EQ(*pickle.get<std::int64_t>(list->items[2]), -1);
  EXPECT_EQ(*pickle.get<std::int64_t>(list->items[3]), -32768);
  EXPECT_EQ(*pickle.get<std::string>(list->items[4]), "x");
  EXPECT_NE(pickle.get<PickledNone>(list->items[5]), nullptr);
  EXPECT_EQ(used, text.size());
}

// What the one object of a pickle would be made by, if it is foreign.
std::string made_by(std::string_view text) {
  std::size_t used = 0;
  PickleBudget budget;
  const Pickle pickle = read_pickle(std::as_bytes(std::span(text)), "p", {}, used, budget);
  const auto* foreign = pickle.get<PickledForeign>(pickle.root);
  return foreign == nullptr ? "not foreign" : foreign->made_by;
}

TEST(Pickle, BuildsNothing) {
  EXPECT_EQ(made_by("cos\nsystem\n(X\2\0\0\0lstR."sv), "os.system");
  EXPECT_EQ(made_by("cbuiltins\neval\n(X\1\0\0\0"
                    "1tR."sv),
            "builtins.eval");
  EXPECT_EQ(made_by("cargparse\nNamespace\n)\x81}X\2\0\0\0lrK\1sb."sv), "argparse.Namespace");
  // Near misses of what is understood.
  for (const char* global :
       {"torch\nload\n", "torch.hub\nload\n", "torch._utils\n_import\n", "torch.os\nFloatTensor\n",
        "torch\nFloatStorage\n", "collections\n\n", "torch.storage\n_load_from_bytes\n",
        "torch\nUntypedStorage\n", "torch._utils\n_rebuild_tensor_v2x\n"}) {
    EXPECT_NE(made_by("c" + std::string(global) + ")R."), "not foreign") << global;
  }
  // What a foreign object makes is foreign, and so is what is put into one.
  EXPECT_EQ(made_by("cbuiltins\ngetattr\n)R)R."sv), "builtins.getattr");
  EXPECT_EQ(made_by("cbuiltins\nset\n)RNa."sv), "builtins.set");
  EXPECT_EQ(made_by("cx\nDict\n)\x81(NNu."sv), "x.Dict");
}

TEST(Pickle, RefusesOtherOpcodes) {
  EXPECT_THAT(problem_of("\x80\x04X\2\0\0\0osX\6\0\0\0system\x93."sv), HasSubstr("protocol 4"));
  EXPECT_THAT(problem_of("X\2\0\0\0osX\6\0\0\0system\x93."sv), HasSubstr("opcode 0x93"));
  EXPECT_THAT(problem_of("(ios\nsystem\n."sv), HasSubstr("opcode"));
  EXPECT_THAT(problem_of("N0N."sv), HasSubstr("opcode 0x30"));  // POP
}

TEST(Pickle, BoundsWhatItIsToldToRead) {
  EXPECT_THAT(problem_of("X\xff\xff\xff\xff."sv), HasSubstr("4294967294 bytes are missing"));
  EXPECT_THAT(problem_of("a."sv), HasSubstr("damaged"));
  EXPECT_THAT(problem_of("h\1."sv), HasSubstr("damaged"));
  EXPECT_THAT(problem_of("(."sv), HasSubstr("damaged"));
  EXPECT_THAT(problem_of("N(\x85."sv), HasSubstr("damaged"));  // takes from beyond a mark
  EXPECT_THAT(problem_of(")Na."sv), HasSubstr("damaged"));     // append to a tuple
  EXPECT_THAT(problem_of("]NNs."sv), HasSubstr("damaged"));    // an item set in a list
  EXPECT_THAT(problem_of("}(Nu."sv), HasSubstr("damaged"));    // a key alone
  EXPECT_THAT(problem_of("NNb."sv), HasSubstr("damaged"));     // state for nothing
  EXPECT_THAT(problem_of("NQ."sv), HasSubstr("damaged"));      // a storage where none can be
  EXPECT_THAT(problem_of("NNR."sv), HasSubstr("damaged"));     // a call of nothing
  EXPECT_THAT(problem_of("c" + std::string(5000, 'x')), HasSubstr("too long"));
  EXPECT_THAT(problem_of("X\2\0\0\0\xc3\x28."sv), HasSubstr("UTF-8"));
  EXPECT_EQ(made_by("U\2\xc3\x28."sv), "bytes");  // Python 2's text is bytes too
}

TEST(Pickle, ReadsAndDropsDeepNestingWithoutRecursion) {
  EXPECT_EQ(problem_of(std::string(900'000, ']') + std::string(899'999, 'a') + "."), "no error");
  EXPECT_THAT(problem_of(std::string(2'000'000, ']') + "."), HasSubstr("more objects"));
}

TEST(Pickle, CountsAllPicklesOfAFileTogether) {
  const std::string lists = repeat("]", 100'000) + ".";
  PickleBudget budget;
  std::size_t used = 0;
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i) {
          read_pickle(std::as_bytes(std::span(lists)), "p", {}, used, budget);
        }
      },
      Error);
}

TEST(Pickle, BoundsWhatFewBytesCanMultiply) {
  // A list of 100,000 pairs, made a dictionary again and again.
  const std::string pairs = "](" + repeat("NN\x86", 100'000) + "eq\1";
  EXPECT_THAT(problem_of(pairs + repeat("ccollections\nOrderedDict\nh\1\x85R", 1000) + "."),
              HasSubstr("more than"));
  // Lists of one doubled list: nothing is copied, so nothing grows.
  EXPECT_EQ(problem_of("]q\1" + repeat("h\1h\1\x86q\1", 100'000) + "."), "no error");
}

TEST(Text, KnowsUtf8) {
  for (const auto good : {""sv, "abc"sv, "\xc3\xa4"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x90\x9c"sv,
                          "\xf4\x8f\xbf\xbf"sv, "\xed\x9f\xbf"sv}) {
    EXPECT_TRUE(base::is_utf8(good)) << good;
  }
  for (const auto bad : {"\x80"sv, "\xc3"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x80\x80"sv,
                         "\xed\xa0\x80"sv, "\xf0\x80\x80\x80"sv, "\xf4\x90\x80\x80"sv,
                         "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xe2\x28\xa1"sv, "\xff"sv}) {
    EXPECT_FALSE(base::is_utf8(bad));
  }
}

}  // namespace
}  // namespace engraft::weights::pth
