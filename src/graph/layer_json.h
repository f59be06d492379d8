// A layer as JSON and back. Every layer can be written; what is read has the right types but is not
// validate()d.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "graph/layer.h"

namespace engraft::graph {

// {"layer": "conv2d", "in_channels": 3, ...}
nlohmann::json layer_to_json(const Layer& layer);

// Throws Error, or nlohmann's exception, where the text is none.
Layer layer_from_json(const nlohmann::json& object);

}  // namespace engraft::graph
