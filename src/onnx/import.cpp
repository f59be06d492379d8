#include "onnx/import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engraft/error.h"
#include "onnx/convert.h"
#include "onnx/ends.h"
#include "onnx/fuse.h"
#include "onnx/model.h"

namespace engraft::onnx {
namespace {

constexpr std::int64_t kOldestOpset = 9;
constexpr std::int64_t kNewestOpset = 17;
constexpr std::int64_t kDefaultSize = 224;

graph::Pair picture_size(const OnnxModel& model) {
  const std::vector<std::int64_t>& shape = model.input_shape;
  if (shape.size() != 4 || (shape[1] != 3 && shape[1] != 0)) {
    throw Error(fmt::format(
        "its input has the shape [{}]; a network that takes pictures of N × 3 × H × W is needed",
        fmt::join(shape, ", ")));
  }
  return {shape[2] > 0 ? shape[2] : kDefaultSize, shape[3] > 0 ? shape[3] : kDefaultSize};
}

// All at once, so that nobody finds them one by one.
void require_supported(const OnnxModel& model) {
  std::set<std::string> unknown;
  for (const OnnxNode& node : model.nodes) {
    if (!node.domain.empty() && node.domain != "ai.onnx") {
      unknown.insert(node.domain + "." + node.type);
    } else if (!is_supported(node.type)) {
      unknown.insert(node.type);
    }
  }
  if (unknown.empty()) return;
  throw Error(fmt::format("its operators {} are not supported; there are: {}",
                          fmt::join(unknown, ", "), supported_operators()));
}

}  // namespace

ImportedNetwork import_onnx(const base::Path& path) {
  OnnxModel model = read_onnx(path);
  try {
    fuse(model);
    if (model.opset < kOldestOpset || model.opset > kNewestOpset) {
      throw Error(fmt::format("opset {} is not supported; {} to {} are", model.opset, kOldestOpset,
                              kNewestOpset));
    }
    if (model.inputs.size() != 1 || model.outputs.empty()) {
      throw Error(fmt::format("it has {} inputs; a network with one, the picture, is needed",
                              model.inputs.size()));
    }
    const OutputKind output = mark_ending(model);
    require_supported(model);
    Conversion conversion(model.inputs[0], picture_size(model), model.initializers);
    for (const OnnxNode& node : model.nodes) conversion.add(node);
    ImportedNetwork network =
        std::move(conversion).finish(model.outputs[0], path.filename().string());
    network.output = output;
    network.input_range = input_range(model);
    return network;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
}

}  // namespace engraft::onnx
