// How pictures are prepared for weights that come from a file: where that is known, and what is
// assumed where it is not.
#pragma once

#include <functional>
#include <string>

#include "base/file.h"
#include "graph/graph.h"
#include "weights/weight_file.h"
#include "zoo/zoo.h"

namespace engraft::pretrained {

// The row of the table that a file is: by its name (torch.hub's, with something added by a browser
// perhaps), else, where the network has several rows, by its content's SHA-256. Null: none.
const zoo::PublishedWeights* find_in_table(const zoo::Architecture& architecture,
                                           const base::Path& file);

// For weights read from a path. `graph` is the network as the weights fit it, with their number of
// positions. `note` is told what was found or assumed.
zoo::Preprocessing preprocessing_of_file(const zoo::Architecture& architecture,
                                         const graph::Graph& graph, const weights::WeightFile& file,
                                         const base::Path& path,
                                         const std::function<void(const std::string&)>& note);

// As for most networks trained on ImageNet, at this size.
zoo::Preprocessing usual_preprocessing(graph::Pair size);

}  // namespace engraft::pretrained
