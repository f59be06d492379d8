#include "weights/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"
#include "engraft/error.h"

namespace engraft::weights {
namespace {

using testing::HasSubstr;

// A file with this header and as many data bytes.
base::Bytes file_of(const std::string& header, std::size_t data) {
  base::Bytes bytes(8 + header.size() + data);
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::byte>(static_cast<std::uint64_t>(header.size()) >> (8 * i));
  }
  std::transform(header.begin(), header.end(), bytes.begin() + 8,
                 [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

WeightFile parse(const base::Bytes& bytes) {
  const auto owner = std::make_shared<const base::Bytes>(bytes);
  return parse_safetensors(*owner, owner, "f");
}

std::string problem_of(const base::Bytes& bytes) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":[)" + shape +
         R"(],"data_offsets":[)" + offsets + "]}";
}

TEST(Safetensors, ReadsBackWhatItWrote) {
  std::string pattern = (std::filesystem::temp_directory_path() / "engraft-st-XXXXXX").string();
  const base::Path folder = ::mkdtemp(pattern.data());
  base::StateDict tensors;
  tensors["b.bias"] = base::Tensor::from(std::vector<float>{1, 2, 3}, {3});
  tensors["a.count"] = base::Tensor(base::DType::kInt64, base::Shape{});
  tensors["c.half"] = base::Tensor(base::DType::kFloat16, {1, 3});
  tensors["d.empty"] = base::Tensor(base::DType::kFloat32, {0, 3});
  write_safetensors(folder / "x.safetensors", tensors, {{"classes", "[\"ä\"]"}});
  const WeightFile file = read_safetensors(folder / "x.safetensors");
  std::filesystem::remove_all(folder);
  EXPECT_EQ(file.metadata.at("classes"), "[\"ä\"]");
  ASSERT_EQ(file.tensors.size(), 4U);
  EXPECT_THAT(file.tensors.at("b.bias").floats(), testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(file.tensors.at("c.half").shape(), (base::Shape{1, 3}));
  EXPECT_EQ(file.tensors.at("d.empty").elements(), 0);
}

TEST(Safetensors, RefusesWhatTheSpecificationForbids) {
  const std::string ok = entry("a", "F32", "2", "0,8");
  EXPECT_EQ(problem_of(file_of("{" + ok + "}", 8)), "no error");
  const std::vector<std::tuple<std::string, std::size_t, std::string>> cases = {
      {"{" + ok + "}", 7, "cut off"},
      {"{" + ok + "}", 9, "belong to no tensor"},
      {" {" + ok + "}", 8, "begin with {"},
      {"{" + ok + "," + ok + "}", 8, "stands twice"},
      {"{" + entry("a", "F32", "2", "0,8") + "," + entry("b", "F32", "2", "4,12") + "}", 12,
       "begin at 4"},
      {"{" + entry("a", "F32", "2", "4,12") + "}", 12, "begin at 4"},
      {"{" + entry("a", "F32", "3", "0,8") + "}", 8, "does not fill"},
      {"{" + entry("a", "F32", "-2", "0,8") + "}", 8, "no count"},
      {"{" + entry("a", "F32", "4611686018427387904,4", "0,0") + "}", 0, "does not fill"},
      {"{" + entry("a", "F32", "2305843009213693952", "0,8") + "}", 8, "does not fill"},
      {"{" + entry("a", "F4", "2", "0,1") + "}", 1, "type \"F4\""},
      {"{" + entry("a", "F32", "2", "8,0") + "}", 8, "does not fill"},
      {R"({"__metadata__":{"a":1}})", 0, "hold a number where only text"},
      {R"({"a":3})", 0, "a"},
      {"{", 0, "damaged"},
      {"{\"\xff\":1}", 0, "damaged"},
  };
  for (const auto& [header, data, reason] : cases) {
    EXPECT_THAT(problem_of(file_of(header, data)), HasSubstr(reason)) << header;
  }
  base::Bytes huge = file_of("{}", 0);
  huge[7] = std::byte{0x7f};
  EXPECT_THAT(problem_of(huge), HasSubstr("claims a header"));
}

TEST(Safetensors, ChangedBytesAreReadOrRefused) {
  const base::Bytes whole = file_of(
      "{" + entry("a", "F32", "2,2", "0,16") + "," + entry("b", "I64", "1", "16,24") + "}", 24);
  base::Random random({1});
  for (int round = 0; round < 5000; ++round) {
    base::Bytes changed = whole;
    changed[random.below(changed.size())] = static_cast<std::byte>(random.below(256));
    problem_of(changed);  // the sanitizers watch
  }
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(problem_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}),
              "no error");
  }
}

}  // namespace
}  // namespace engraft::weights
