#include "base/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::base {
namespace {

// A file's parts as NumPy's format description names them (numpy.lib.format, version 1.0).
struct Parts {
  std::string front;  // magic, version and the header's length
  std::string header;
  std::string data;
};

Parts written(const Tensor& tensor) {
  const TestFolder folder;
  const Path path = folder.path() / "features.npy";
  write_npy(path, tensor);
  const std::string file = read_text(path);
  const std::size_t length = static_cast<unsigned char>(file.at(8)) +
                             256 * std::size_t{static_cast<unsigned char>(file.at(9))};
  return {file.substr(0, 10), file.substr(10, length), file.substr(10 + length)};
}

Shape shape_in(const std::string& header) {
  static const std::regex pattern(
      R"(\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n)");
  std::smatch match;
  if (!std::regex_match(header, match, pattern)) return {-1};
  const std::string inside = match[1];
  // In Python (5) is a number; a tuple of one needs its comma.
  if (!inside.empty() && inside.find(',') == std::string::npos) return {-1};
  static const std::regex number("[0-9]+");
  Shape shape;
  for (std::sregex_iterator one(inside.begin(), inside.end(), number), end; one != end; ++one) {
    shape.push_back(std::stoll(one->str()));
  }
  return shape;
}

TEST(WriteNpy, BeginsAsVersionOne) {
  const Parts parts = written(Tensor(DType::kFloat32, {2, 3}));
  EXPECT_EQ(parts.front.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
}

TEST(WriteNpy, HeaderTellsTheShape) {
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{0, 1280}, Shape{2, 3}, Shape{1, 24, 13, 7}}) {
    const Parts parts = written(Tensor(DType::kFloat32, shape));
    EXPECT_EQ(shape_in(parts.header), shape) << parts.header;
    EXPECT_EQ(parts.data.size(), 4 * static_cast<std::size_t>(element_count(shape)));
  }
}

TEST(WriteNpy, DataBeginOnAMultipleOf64WhateverTheHeadersLength) {
  Shape shape;
  for (int i = 0; i < 64; ++i) {  // three bytes more each time: every remainder comes up
    const Parts parts = written(Tensor(DType::kFloat32, shape));
    EXPECT_EQ((parts.front.size() + parts.header.size()) % 64, 0U) << shape.size();
    EXPECT_EQ(shape_in(parts.header), shape);
    EXPECT_EQ(parts.data.size(), 4U) << shape.size();
    shape.push_back(1);
  }
}

TEST(WriteNpy, NumbersAreLittleEndianRowByRow) {
  const std::vector<float> values{1,     -2, 0.5F, -0.0F, std::numeric_limits<float>::infinity(),
                                  1e-45F};
  const Parts parts = written(Tensor::from(values, {2, 3}));
  const std::string want(
      "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f"
      "\x00\x00\x00\x80\x00\x00\x80\x7f\x01\x00\x00\x00",
      24);
  EXPECT_EQ(parts.data, want);
}

TEST(WriteNpy, LeavesTheEarlierFileWhereItCannotWrite) {
  const TestFolder folder;
  folder.write("features.npy/inside", "kept");  // a folder stands where the file should go
  const std::string said = message_of<Error>(
      [&] { write_npy(folder.path() / "features.npy", Tensor(DType::kFloat32, {2})); });
  EXPECT_THAT(said, testing::HasSubstr("features.npy"));
  EXPECT_EQ(read_text(folder.path() / "features.npy" / "inside"), "kept");
  const std::filesystem::directory_iterator left(folder.path());
  EXPECT_EQ(std::distance(left, std::filesystem::directory_iterator()), 1);  // nothing half-written
}

}  // namespace
}  // namespace engraft::base
