#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engraft/error.h"
#include "onnx/convert.h"

namespace engraft::onnx {

void NumberBudget::spend(std::int64_t numbers) {
  if (numbers >= left_) {
    throw Error("constants are combined into far more numbers than the file holds");
  }
  left_ -= numbers + 1;  // a constant without numbers costs something too
}

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

// The largest integer of 64 bits, which exporters write for "to the end", is 2^63 as a double.
std::int64_t integer_of(double value) {
  if (value == 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (!(value >= -0x1p63 && value < 0x1p63)) {
    throw Error(fmt::format("{} is no whole number of 64 bits", value));
  }
  return static_cast<std::int64_t>(value);
}

base::Tensor tensor_of(const Numbers& numbers) {
  if (!numbers.integral) {
    std::vector<float> values(numbers.values.begin(), numbers.values.end());
    return base::Tensor::from(values, numbers.shape);
  }
  base::Tensor tensor(base::DType::kInt64, numbers.shape);
  auto* target = reinterpret_cast<std::int64_t*>(tensor.mutable_bytes().data());
  for (const double value : numbers.values) *target++ = integer_of(value);
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
    if (one->values.empty() || (one->values.size() != 1 && one->values.size() != count)) {
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
    if (!(index >= 0 && index < count)) throw Error("an index is out of range");  // nor NaN
    result.values.push_back(from.values[static_cast<std::size_t>(index)]);
  }
  return result;
}

Numbers sliced(const Numbers& from, const Numbers& begin, const Numbers& end) {
  Numbers result{{0}, {}, from.integral};
  const auto count = static_cast<double>(from.values.size());
  const auto place = [&](const Numbers& given) {
    if (given.values.empty()) throw Error("it lacks a beginning or an end");
    const double at = given.values[0] < 0 ? given.values[0] + count : given.values[0];
    return at >= 0 ? std::floor(std::min(at, count)) : 0;  // NaN is a beginning
  };
  const double last = place(end);
  for (double i = place(begin); i < last; ++i) {
    result.values.push_back(from.values[static_cast<std::size_t>(i)]);
  }
  result.shape = {std::ssize(result.values)};
  return result;
}

}  // namespace

base::Tensor fold_constants(const OnnxNode& node, const std::vector<base::Tensor>& inputs,
                            NumberBudget& budget) {
  const std::string& type = node.type;
  const auto need = [&](std::size_t count) {
    if (inputs.size() < count) throw Error(fmt::format("it needs {} inputs", count));
  };
  need(1);
  if (type == "Identity") return inputs[0];
  // What any of the operators makes has no more numbers than its inputs together.
  std::vector<Numbers> numbers;
  for (const base::Tensor& input : inputs) {
    budget.spend(input.elements());
    numbers.push_back(numbers_of(input));
  }
  if (type == "Add" || type == "Sub" || type == "Mul" || type == "Div") {
    need(2);
    return tensor_of(combined(node, numbers[0], numbers[1]));
  }
  if (type == "Gather") {
    need(2);
    return tensor_of(gathered(numbers[0], numbers[1]));
  }
  if (type == "Slice") {
    need(3);
    return tensor_of(sliced(numbers[0], numbers[1], numbers[2]));
  }
  if (type == "Cast" || type == "Floor") {
    const auto to = node.attributes.find("to");
    Numbers result = numbers[0];
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
      result.values.insert(result.values.end(), numbers[i].values.begin(), numbers[i].values.end());
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
