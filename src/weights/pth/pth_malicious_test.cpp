// Files that lie about what they hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"
#include "weights/pth/pth.h"
#include "weights/pth/testing/written_pth.h"

namespace engraft::weights::pth {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Pair;
using testing::StartsWith;

PthContent content_of(const std::string& file) {
  const auto owner = std::make_shared<const base::Bytes>(bytes_of(file));
  return parse_pth(*owner, owner, "f");
}

base::StateDict parse(const std::string& file) { return content_of(file).tensors; }

std::string problem_of(const std::string& file) {
  try {
    parse(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string one(const WrittenTensor& tensor) { return dictionary({{"a", tensor.pickle()}}); }

// An honest archive of one tensor, its parts to be changed.
std::vector<WrittenMember> honest(const std::string& pickle = one({})) {
  return {{.name = "x/data.pkl", .content = pickle}, {.name = "x/data/0", .content = numbers(4)}};
}

TEST(MaliciousPth, TheHonestFilesAreRead) {
  for (const std::string& file : {zip(honest()), stream(one({}))}) {
    const base::StateDict state = parse(file);
    EXPECT_EQ(state.at("a").shape(), (base::Shape{2, 2}));
    EXPECT_THAT(state.at("a").floats(), ElementsAre(0, 1, 2, 3));
  }
}

TEST(MaliciousPth, ProgramsAreNamedAndNeverRun) {
  const std::string call = "cos\nsystem\n(" + pickled("echo harm") + "tR";
  const std::string pickle = dictionary({{"a", WrittenTensor{}.pickle()}, {"b", call}});
  for (const std::string& file : {zip(honest(pickle)), stream(pickle)}) {
    const PthContent content = content_of(file);
    EXPECT_THAT(content.tensors, ElementsAre(Key("a")));
    EXPECT_THAT(content.foreign, ElementsAre(Pair("b", "os.system")));
  }
  EXPECT_THAT(
      problem_of(zip(honest("\x80\x02" + call + "."))),
      AllOf(StartsWith("f: refuses"), HasSubstr("\"os.system\""), HasSubstr("may be malicious")));
  auto program = honest();
  program.push_back({.name = "x/code/a.py", .content = "x", .method = 8});
  EXPECT_THAT(problem_of(zip(program)), HasSubstr("TorchScript"));
}

TEST(MaliciousPth, TensorsStayWithinTheirStorages) {
  const std::vector<std::pair<WrittenTensor, std::string>> cases = {
      {{.offset = 1}, "beyond"},
      {{.offset = -1}, "beyond"},
      {{.shape = {2, 3}}, "beyond"},
      {{.strides = {3, 1}}, "beyond"},
      {{.strides = {-2, 1}}, "beyond"},
      {{.shape = {-1, 2}}, "beyond"},
      {{.shape = {2147483647, 2147483647, 2147483647}, .strides = {0, 0, 0}}, "beyond"},
      {{.shape = {2147483647, 2147483647}, .strides = {2147483647, 2147483647}}, "beyond"},
      {{.shape = {5}, .strides = {0}}, "larger than its storage"},
      {{.shape = {2}, .strides = {2, 1}}, "strides"},
      {{.shape = std::vector<int>(17, 1), .strides = std::vector<int>(17, 1)}, "dimensions"},
  };
  for (const auto& [tensor, reason] : cases) {
    for (const std::string& file : {zip(honest(one(tensor))), stream(one(tensor))}) {
      EXPECT_THAT(problem_of(file), AllOf(StartsWith("f: "), HasSubstr(reason)));
    }
  }
  // An extent of 1 may have any stride, and none at all any.
  EXPECT_EQ(problem_of(stream(one({.shape = {1, 4, 1}, .strides = {2147483647, 1, 2147483647}}))),
            "no error");
  EXPECT_EQ(problem_of(stream(one({.shape = {1, 2, 1}, .strides = {2147483647, 2, 2147483647}}))),
            "no error");
  EXPECT_EQ(problem_of(stream(one({.shape = {0, 7}, .strides = {1, 1}}))), "no error");
}

TEST(MaliciousPth, StoragesHaveTheSizeTheyDeclare) {
  EXPECT_THAT(problem_of(zip(honest(one({.elements = 3, .shape = {1}, .strides = {1}})))),
              HasSubstr("16 bytes where 3 numbers"));
  EXPECT_THAT(problem_of(zip(honest(one({.elements = 5})))), HasSubstr("16 bytes where 5"));
  EXPECT_THAT(problem_of(zip(honest(one({.elements = -1})))), HasSubstr("described wrongly"));
  EXPECT_THAT(problem_of(zip(honest(one({.key = "7"})))), HasSubstr("\"data/7\" is missing"));
  EXPECT_THAT(problem_of(zip(honest(one({.key = "../data.pkl"})))), HasSubstr("missing"));
  EXPECT_THAT(problem_of(stream(one({}), {{.declared = 5}})), HasSubstr("declared with 4"));
  EXPECT_THAT(problem_of(stream(one({}), {{.elements = 3}})), HasSubstr("cut off: 4 bytes"));
  EXPECT_THAT(problem_of(stream(one({.elements = 2147483647}), {{.declared = 2147483647}})),
              HasSubstr("bytes are missing"));
  EXPECT_THAT(problem_of(stream(one({})) + "more"), HasSubstr("4 bytes at its end"));
  EXPECT_THAT(problem_of(stream(one({}), {{}, {}})), HasSubstr("twice"));
  EXPECT_THAT(problem_of(stream(one({}), {{.key = "1"}})), HasSubstr("no tensor has"));
}

TEST(MaliciousPth, ViewsOfStoragesAreReadWithinThem) {
  const auto view = [](int begin, int count) {
    return "(" + pickled("v") + "J" + little(static_cast<std::uint32_t>(begin), 4) + "J" +
           little(static_cast<std::uint32_t>(count), 4) + "t";
  };
  const WrittenTensor tensor{.shape = {2}, .strides = {1}, .view = view(1, 2)};
  EXPECT_THAT(parse(stream(one(tensor))).at("a").floats(), ElementsAre(1, 2));
  for (const std::string& wrong : {view(1, 4), view(-1, 2), view(2, -1), view(5, 0)}) {
    EXPECT_THAT(problem_of(stream(one({.shape = {2}, .strides = {1}, .view = wrong}))),
                HasSubstr("described wrongly"));
  }
}

TEST(MaliciousPth, OverlappingViewsCannotFillTheMemory) {
  std::vector<std::pair<std::string, std::string>> items;
  const WrittenTensor transposed{.elements = 10000, .shape = {100, 100}, .strides = {1, 100}};
  for (int i = 0; i < 50; ++i) items.emplace_back(std::to_string(i), transposed.pickle());
  EXPECT_THAT(problem_of(stream(dictionary(items), {{.elements = 10000, .declared = 10000}})),
              HasSubstr("overlap"));
}

TEST(MaliciousPth, DictionariesMayHoldOneAnother) {
  // {"a": tensor, "self": itself, "self": itself}
  const std::string pickle = "\x80\x02}q\1(" + pickled("a") + WrittenTensor{}.pickle() +
                             pickled("self") + "h\1" + pickled("again") + "h\1u.";
  EXPECT_THAT(parse(stream(pickle)), ElementsAre(Key("a")));
  // Names that double with each of many dictionaries.
  std::string deep = WrittenTensor{}.pickle();
  for (int i = 0; i < 5000; ++i) deep = "}" + pickled(std::string(900, 'x')) + deep + "s";
  EXPECT_THAT(problem_of(stream("\x80\x02" + deep + ".")), HasSubstr("far too long"));
}

TEST(MaliciousPth, ArchivesHaveOneMeaning) {
  const auto changed = [](auto change) {
    auto members = honest();
    change(members);
    return problem_of(zip(members));
  };
  const auto refused = AllOf(StartsWith("f: "), testing::Not(HasSubstr("no error")));
  using Members = std::vector<WrittenMember>;
  EXPECT_THAT(changed([](Members& m) { m[1].checksum_change = 1; }), HasSubstr("checksum"));
  EXPECT_THAT(changed([](Members& m) { m[0].checksum_change = 1; }), HasSubstr("checksum"));
  EXPECT_THAT(changed([](Members& m) { m.push_back(m[1]); }), refused);
  EXPECT_THAT(changed([](Members& m) { m[1].name_in_directory = "x/data/1"; }), refused);
  EXPECT_THAT(changed([](Members& m) { m[1].size_in_header_change = -4; }), refused);
  EXPECT_THAT(changed([](Members& m) { m[1].flags = 1; }), refused);  // encrypted
  EXPECT_THAT(changed([](Members& m) { m[1].method = 8; }), refused);
  EXPECT_THAT(changed([](Members& m) { m[1].at = 0; }), refused);  // over the first
  EXPECT_THAT(
      changed([](Members& m) {
        m.push_back(
            {.name = "x/data/1", .content = numbers(4), .name_in_directory = "x/data/2", .at = 0});
      }),
      refused);
  EXPECT_THAT(changed([](Members& m) { m.push_back({.name = "y/data.pkl", .content = "N."}); }),
              HasSubstr("two data.pkl"));
  EXPECT_THAT(changed([](Members& m) { m[0].content += "N."; }), HasSubstr("two parts"));
  EXPECT_THAT(changed([](Members& m) { m.push_back({.name = "x/byteorder", .content = "big"}); }),
              HasSubstr("big-endian"));
  EXPECT_EQ(changed([](Members& m) { m.push_back({.name = "x/byteorder", .content = "little"}); }),
            "no error");
  EXPECT_THAT(problem_of(zip(honest(), "gap")), refused);
  EXPECT_THAT(problem_of(zip({{.name = "a.txt", .content = "x"}})), HasSubstr("without data.pkl"));
  EXPECT_THAT(problem_of(std::string("PK\x03\x04") + zip(honest())), refused);
  EXPECT_THAT(problem_of(zip(honest()) + "more"), refused);
}

}  // namespace
}  // namespace engraft::weights::pth
