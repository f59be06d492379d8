#include "model/model.h"
#include "target.h"
#include "weights/safetensors.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const model::Model model = model::read_model(
      weights::parse_safetensors(bytes, nullptr, "model.safetensors"), "model.safetensors");
  require(!model.classes.empty());
  graph::print_graph(model.graph);
}
