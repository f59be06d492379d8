#include "onnx/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "base/text.h"
#include "engraft/error.h"
#include "onnx/wire.h"

namespace engraft::onnx {
namespace {

// Ten times as many as the largest networks for pictures have: what is looked up among all others
// stays a matter of seconds.
constexpr std::size_t kMostNodes = 20'000;

// Field numbers are those of onnx.proto.
class Reader {
 public:
  Reader(std::span<const std::byte> file, std::shared_ptr<const void> owner)
      : file_(file), owner_(std::move(owner)) {}

  OnnxModel run() {
    require_onnx();
    bool has_graph = false;
    for (Fields field(file_); field.next();) {
      if (field.number() == 7) {
        read_graph(field.bytes());
        has_graph = true;
      } else if (field.number() == 8) {
        read_opset(field.bytes());
      }
    }
    if (!has_graph || model_.nodes.empty()) throw Error("no ONNX file: there is no graph in it");
    std::erase_if(model_.inputs,
                  [&](const std::string& name) { return model_.initializers.contains(name); });
    if (!model_.inputs.empty()) {
      model_.input_shape = shapes_.at(model_.inputs[0]);
      model_.input_type = types_.at(model_.inputs[0]);
    }
    return std::move(model_);
  }

 private:
  // What lies under such a name often enough instead.
  void require_onnx() const {
    const std::string_view start(reinterpret_cast<const char*>(file_.data()),
                                 std::min<std::size_t>(file_.size(), 64));
    if (start.starts_with("version https://git-lfs")) {
      throw Error("only Git LFS's reference to the file; fetch it with `git lfs pull`");
    }
    if (start.starts_with("<")) throw Error("a web page, no ONNX file; download it again");
    if (start.empty()) throw Error("no ONNX file: zero bytes; download it again");
  }

  void read_opset(std::span<const std::byte> message) {
    std::string domain;
    std::int64_t version = 0;
    for (Fields field(message); field.next();) {
      if (field.number() == 1) domain = field.text();
      if (field.number() == 2) version = field.integer();
    }
    if (domain.empty() || domain == "ai.onnx") model_.opset = version;
  }

  void read_graph(std::span<const std::byte> message) {
    for (Fields field(message); field.next();) {
      switch (field.number()) {
        case 1:
          if (model_.nodes.size() == kMostNodes) {
            throw Error(fmt::format("it has more than {} operators", kMostNodes));
          }
          model_.nodes.push_back(read_node(field.bytes()));
          break;
        case 5: {
          auto [name, tensor] = read_tensor(field.bytes());
          model_.initializers[name] = std::move(tensor);
          break;
        }
        case 11:
          model_.inputs.push_back(read_value(field.bytes()));
          break;
        case 12:
          model_.outputs.push_back(read_value(field.bytes()));
          break;
        default:
          break;
      }
    }
  }

  OnnxNode read_node(std::span<const std::byte> message) {
    OnnxNode node;
    for (Fields field(message); field.next();) {
      switch (field.number()) {
        case 1:
          node.inputs.emplace_back(field.text());
          break;
        case 2:
          node.outputs.emplace_back(field.text());
          break;
        case 3:
          node.name = field.text();
          break;
        case 4:
          node.type = field.text();
          break;
        case 5:
          node.attributes.insert(read_attribute(field.bytes()));
          break;
        case 7:
          node.domain = field.text();
          break;
        default:
          break;
      }
    }
    if (node.outputs.empty()) {
      throw Error(fmt::format("no valid ONNX file: a node of type {} gives nothing",
                              base::printable(node.type)));
    }
    return node;
  }

  std::pair<std::string, Attribute> read_attribute(std::span<const std::byte> message) {
    std::string name;
    Attribute value;
    for (Fields field(message); field.next();) {
      switch (field.number()) {
        case 1:
          name = field.text();
          break;
        case 2:
          value.real = field.real();
          break;
        case 3:
          value.integer = field.integer();
          break;
        case 4:
          value.text = field.text();
          break;
        case 5:
          value.tensor = read_tensor(field.bytes()).second;
          break;
        case 7:
          field.for_each_real([&](float one) { value.reals.push_back(one); });
          break;
        case 8:
          field.for_each_integer([&](std::int64_t one) { value.integers.push_back(one); });
          break;
        default:
          break;
      }
    }
    return {name, value};
  }

  // The name; its shape goes to shapes_, with 0 for extents that are left open, its type to types_.
  std::string read_value(std::span<const std::byte> message) {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t element_type = 0;
    for (Fields value(message); value.next();) {
      if (value.number() == 1) name = value.text();
      if (value.number() != 2) continue;
      for (Fields type(value.bytes()); type.next();) {
        if (type.number() != 1) continue;
        for (Fields tensor(type.bytes()); tensor.next();) {
          if (tensor.number() == 1) element_type = tensor.integer();
          if (tensor.number() != 2) continue;
          for (Fields dimensions(tensor.bytes()); dimensions.next();) {
            if (dimensions.number() != 1) continue;
            std::int64_t extent = 0;
            for (Fields one(dimensions.bytes()); one.next();) {
              if (one.number() == 1) extent = one.integer();
            }
            shape.push_back(extent);
          }
        }
      }
    }
    shapes_[name] = shape;
    types_[name] = element_type;
    return name;
  }

  static base::DType type_of(std::int64_t code, const std::string& name) {
    switch (code) {
      case 1:
        return base::DType::kFloat32;
      case 2:
        return base::DType::kUInt8;
      case 3:
        return base::DType::kInt8;
      case 6:
        return base::DType::kInt32;
      case 7:
        return base::DType::kInt64;
      case 9:
        return base::DType::kBool;
      case 10:
        return base::DType::kFloat16;
      case 11:
        return base::DType::kFloat64;
      case 16:
        return base::DType::kBFloat16;
      default:
        throw Error(
            fmt::format("the tensor {} has an element type (ONNX's number {}) that is not "
                        "supported; float32 is",
                        name, code));
    }
  }

  std::pair<std::string, base::Tensor> read_tensor(std::span<const std::byte> message) {
    std::string name;
    base::Shape shape;
    std::int64_t code = 0;
    std::span<const std::byte> raw;
    std::vector<float> reals;
    std::vector<std::int64_t> integers;
    for (Fields field(message); field.next();) {
      switch (field.number()) {
        case 1:
          field.for_each_integer([&](std::int64_t extent) { shape.push_back(extent); });
          break;
        case 2:
          code = field.integer();
          break;
        case 4:
          field.for_each_real([&](float one) { reals.push_back(one); });
          break;
        case 5:
        case 7:
          field.for_each_integer([&](std::int64_t one) { integers.push_back(one); });
          break;
        case 8:
          name = field.text();
          break;
        case 9:
          raw = field.bytes();
          break;
        case 14:
          if (field.integer() == 1) {
            throw Error(
                fmt::format("the tensor {} lies in another file (ONNX external data), "
                            "which is not supported; export it as one file",
                            name));
          }
          break;
        default:
          break;
      }
    }
    const base::DType type = type_of(code, name);
    if (!raw.empty()) return {name, from_raw(name, type, shape, raw)};
    if (type == base::DType::kFloat32) {
      require(base::element_count(shape) == std::ssize(reals), name);
      return {name, base::Tensor::from(reals, shape)};
    }
    require(base::element_count(shape) == std::ssize(integers), name);
    return {name, from_integers(name, type, shape, integers)};
  }

  static void require(bool holds, const std::string& name) {
    if (!holds) throw Error(fmt::format("the tensor {} is not as long as its shape says", name));
  }

  base::Tensor from_raw(const std::string& name, base::DType type, const base::Shape& shape,
                        std::span<const std::byte> raw) const {
    const auto bytes =
        static_cast<std::size_t>(base::element_count(shape)) * base::size_in_bytes(type);
    require(bytes == raw.size(), name);
    if (std::bit_cast<std::uintptr_t>(raw.data()) % base::size_in_bytes(type) == 0) {
      return {type, shape, owner_, raw};
    }
    base::Tensor tensor(type, shape);
    std::ranges::copy(raw, tensor.mutable_bytes().begin());
    return tensor;
  }

  // The format's integer lists hold several types.
  static base::Tensor from_integers(const std::string& name, base::DType type,
                                    const base::Shape& shape,
                                    const std::vector<std::int64_t>& values) {
    base::Tensor tensor(type, shape);
    std::byte* target = tensor.mutable_bytes().data();
    const std::size_t size = base::size_in_bytes(type);
    if (type == base::DType::kFloat64)
      throw Error("the tensor " + name + " is not stored as raw bytes");
    for (const std::int64_t value : values) {
      std::copy_n(reinterpret_cast<const std::byte*>(&value), size, target);
      target += size;
    }
    return tensor;
  }

  std::span<const std::byte> file_;
  std::shared_ptr<const void> owner_;
  OnnxModel model_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;
  std::map<std::string, std::int64_t> types_;
};

}  // namespace

OnnxModel parse_onnx(std::span<const std::byte> file, const std::shared_ptr<const void>& owner) {
  return Reader(file, owner).run();
}

}  // namespace engraft::onnx
