// ONNX files written piece by piece for tests. Field numbers are those of onnx.proto.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace engraft::onnx {

inline std::string varint(std::uint64_t value) {
  std::string text;
  for (; value >= 0x80U; value >>= 7U) text += static_cast<char>(value | 0x80U);
  return text + static_cast<char>(value);
}

inline std::string field(std::uint32_t number, std::int64_t value) {
  return varint(std::uint64_t{number} << 3U) + varint(static_cast<std::uint64_t>(value));
}

inline std::string field(std::uint32_t number, const std::string& bytes) {
  return varint(std::uint64_t{number} << 3U | 2U) + varint(bytes.size()) + bytes;
}

struct WrittenOnnxTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  std::vector<std::int64_t> integers = {};  // instead, where there are some

  std::string message() const {
    std::string text;
    for (const std::int64_t extent : shape) text += field(1, extent);
    if (!integers.empty()) return text + field(2, 7) + field(8, name) + field(9, raw(integers));
    return text + field(2, 1) + field(8, name) + field(9, raw(values));
  }

  template <typename T>
  static std::string raw(const std::vector<T>& numbers) {
    std::string bytes(numbers.size() * sizeof(T), '\0');
    if (!numbers.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return bytes;
  }
};

struct WrittenOnnxNode {
  std::string type;
  std::vector<std::string> inputs;
  std::string output;
  std::map<std::string, std::int64_t> integers;
  std::string name;
  std::map<std::string, std::vector<std::int64_t>> lists = {};

  std::string message() const {
    std::string text;
    for (const std::string& input : inputs) text += field(1, input);
    text += field(2, output) + field(3, name.empty() ? output : name) + field(4, type);
    for (const auto& [key, value] : integers) {
      text += field(5, field(1, key) + field(3, value) + field(20, 2));
    }
    for (const auto& [key, values] : lists) {
      std::string list;
      for (const std::int64_t value : values) list += field(8, value);
      text += field(5, field(1, key) + list + field(20, 7));
    }
    return text;
  }
};

// A network of one input, "x".
struct WrittenOnnx {
  std::vector<WrittenOnnxNode> nodes;
  std::vector<WrittenOnnxTensor> tensors;
  std::vector<std::string> messages = {};  // of further nodes, as they are
  std::vector<std::string> outputs = {"y"};
  std::vector<std::int64_t> input_shape = {1, 3, 8, 8};
  std::int64_t input_type = 1;
  std::int64_t opset = 13;

  std::string file() const {
    std::string graph;
    for (const WrittenOnnxNode& node : nodes) graph += field(1, node.message());
    for (const WrittenOnnxTensor& tensor : tensors) graph += field(5, tensor.message());
    std::string shape;
    for (const std::int64_t extent : input_shape) shape += field(1, field(1, extent));
    for (const std::string& message : messages) graph += field(1, message);
    graph += field(11, field(1, std::string("x")) +
                           field(2, field(1, field(1, input_type) + field(2, shape))));
    for (const std::string& output : outputs) graph += field(12, field(1, output));
    return field(7, graph) + field(8, field(2, opset));
  }
};

}  // namespace engraft::onnx
