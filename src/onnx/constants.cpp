#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engraft/error.h"
#include "onnx/convert.h"

namespace engraft::onnx {
namespace {

// Numbers and their shape; integers are exact in a double as far as shapes go.
struct Numbers {
  base::Shape shape;
  std::vector<double> values;
  bool integral;
};

template <typename T>
void append_as_double(const base::Tensor& tensor, std::vector<double>& values) {
  const auto* data = reinterpret_cast<const T*>(tensor.bytes().data());
  values.insert(values.end(), data, data + tensor.elements());
}

Numbers numbers_of(const base::Tensor& tensor) {
  Numbers numbers{tensor.shape(), {}, true};
  switch (tensor.dtype()) {
    case base::DType::kInt64:
      append_as_double<std::int64_t>(tensor, numbers.values);
      break;
    case base::DType::kInt32:
      append_as_double<std::int32_t>(tensor, numbers.values);
      break;
    case base::DType::kBool:
    case base::DType::kUInt8:
      append_as_double<std::uint8_t>(tensor, numbers.values);
      break;
    case base::DType::kFloat64:
      append_as_double<double>(tensor, numbers.values);
      numbers.integral = false;
      break;
    default:
      append_as_double<float>(tensor.as_float32(), numbers.values);
      numbers.integral = false;
  }
  return numbers;
}

base::Tensor tensor_of(const Numbers& numbers) {
  if (!numbers.integral) {
    std::vector<float> values(numbers.values.begin(), numbers.values.end());
    return base::Tensor::from(values, numbers.shape);
  }
  base::Tensor tensor(base::DType::kInt64, numbers.shape);
  auto* target = reinterpret_cast<std::int64_t*>(tensor.mutable_bytes().data());
  for (const double value : numbers.values) *target++ = static_cast<std::int64_t>(value);
  return tensor;
}

double combine(const std::string& type, double a, double b, bool integral) {
  if (type == "Add") return a + b;
  if (type == "Sub") return a - b;
  if (type == "Mul") return a * b;
  return integral ? std::trunc(a / b) : a / b;
}

// Of equally many numbers, or of one number and many.
Numbers combined(const OnnxNode& node, const Numbers& a, const Numbers& b) {
  const std::size_t count = std::max(a.values.size(), b.values.size());
  for (const Numbers* one : {&a, &b}) {
    if (one->values.size() != 1 && one->values.size() != count) {
      throw Error("constants of different sizes are combined");
    }
  }
  Numbers result{a.values.size() == count ? a.shape : b.shape, {}, a.integral && b.integral};
  for (std::size_t i = 0; i < count; ++i) {
    result.values.push_back(combine(node.type, a.values[i % a.values.size()],
                                    b.values[i % b.values.size()], result.integral));
  }
  return result;
}

Numbers gathered(const Numbers& from, const Numbers& indices) {
  Numbers result{indices.shape, {}, from.integral};
  const auto count = static_cast<double>(from.values.size());
  for (double index : indices.values) {
    if (index < 0) index += count;
    if (index < 0 || index >= count) throw Error("an index is out of range");
    result.values.push_back(from.values[static_cast<std::size_t>(index)]);
  }
  return result;
}

Numbers sliced(const std::vector<Numbers>& inputs) {
  Numbers result{{0}, {}, inputs[0].integral};
  const auto count = static_cast<double>(inputs[0].values.size());
  const auto place = [&](double at) { return std::clamp(at < 0 ? at + count : at, 0.0, count); };
  const double end = place(inputs.at(2).values.at(0));
  for (double i = place(inputs.at(1).values.at(0)); i < end; ++i) {
    result.values.push_back(inputs[0].values[static_cast<std::size_t>(i)]);
  }
  result.shape = {std::ssize(result.values)};
  return result;
}

}  // namespace

base::Tensor fold_constants(const OnnxNode& node, const std::vector<base::Tensor>& inputs) {
  const std::string& type = node.type;
  if (type == "Identity") return inputs.at(0);
  std::vector<Numbers> numbers;
  for (const base::Tensor& input : inputs) numbers.push_back(numbers_of(input));
  if (type == "Add" || type == "Sub" || type == "Mul" || type == "Div") {
    return tensor_of(combined(node, numbers.at(0), numbers.at(1)));
  }
  if (type == "Gather") return tensor_of(gathered(numbers.at(0), numbers.at(1)));
  if (type == "Slice") return tensor_of(sliced(numbers));
  if (type == "Cast" || type == "Floor") {
    const auto to = node.attributes.find("to");
    Numbers result = numbers.at(0);
    // ONNX's numbers of int32 and int64.
    result.integral = to != node.attributes.end()
                          ? to->second.integer == 6 || to->second.integer == 7
                          : result.integral;
    for (double& value : result.values) {
      if (result.integral || type == "Floor") value = std::floor(value);
    }
    return tensor_of(result);
  }
  if (type == "Unsqueeze" || type == "Squeeze" || type == "Concat" || type == "Reshape") {
    Numbers result{{0}, {}, true};
    const std::size_t parts = type == "Concat" ? numbers.size() : 1;
    for (std::size_t i = 0; i < parts; ++i) {
      result.values.insert(result.values.end(), numbers.at(i).values.begin(),
                           numbers[i].values.end());
      result.integral = result.integral && numbers[i].integral;
    }
    result.shape = type == "Squeeze" && result.values.size() == 1
                       ? base::Shape{}
                       : base::Shape{std::ssize(result.values)};
    return tensor_of(result);
  }
  throw Error("it is applied to constants alone, which is not supported");
}

}  // namespace engraft::onnx
