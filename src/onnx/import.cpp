#include "onnx/import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/text.h"
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
// What pictures are resized to before the middle is cut out is 8/7 of it, and 16,384 at most.
constexpr std::int64_t kLargestSize = 14'336;

graph::Pair picture_size(const OnnxModel& model) {
  const std::vector<std::int64_t>& shape = model.input_shape;
  if (shape.size() != 4 || (shape[1] != 3 && shape[1] != 0)) {
    throw Error(fmt::format(
        "its input has the shape [{}]; a network that takes pictures of N × 3 × H × W is needed",
        fmt::join(shape, ", ")));
  }
  if (shape[2] > kLargestSize || shape[3] > kLargestSize) {
    throw Error(fmt::format("it takes pictures of {} × {}; up to {} × {} are possible", shape[2],
                            shape[3], kLargestSize, kLargestSize));
  }
  return {shape[2] > 0 ? shape[2] : kDefaultSize, shape[3] > 0 ? shape[3] : kDefaultSize};
}

// All at once, so that nobody finds them one by one.
void require_supported(const OnnxModel& model) {
  std::set<std::string> unknown;
  for (const OnnxNode& node : model.nodes) {
    if (!node.domain.empty() && node.domain != "ai.onnx") {
      unknown.insert(base::printable(node.domain + "." + node.type));
    } else if (!is_supported(node.type)) {
      unknown.insert(base::printable(node.type));
    }
  }
  if (unknown.empty()) return;
  throw Error(fmt::format("its operators {} are not supported; there are: {}",
                          fmt::join(unknown, ", "), supported_operators()));
}

}  // namespace

ImportedNetwork import_onnx(std::span<const std::byte> file,
                            const std::shared_ptr<const void>& owner, const std::string& name) {
  OnnxModel model = parse_onnx(file, owner);
  fuse(model);
  if (model.opset < kOldestOpset || model.opset > kNewestOpset) {
    throw Error(fmt::format("opset {} is not supported; {} to {} are", model.opset, kOldestOpset,
                            kNewestOpset));
  }
  if (model.inputs.size() != 1 || model.outputs.empty()) {
    throw Error(
        fmt::format("it has {} inputs and {} outputs; a network with one input, the "
                    "picture, is needed",
                    model.inputs.size(), model.outputs.size()));
  }
  const OutputKind output = mark_ending(model);
  require_supported(model);
  Conversion conversion(model.inputs[0], picture_size(model), model.initializers);
  for (const OnnxNode& node : model.nodes) conversion.add(node);
  ImportedNetwork network = std::move(conversion).finish(model.outputs[0], name);
  network.output = output;
  network.input_range = input_range(model);
  return network;
}

ImportedNetwork import_onnx(const base::Path& path) {
  const base::MappedFile file = base::map_file(path);
  try {
    return import_onnx(file.bytes, file.owner, base::escaped(path.filename().string()));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
}

}  // namespace engraft::onnx
