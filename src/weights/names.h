// Whose names those in a weight file are. Training scripts wrap networks and dictionaries in
// others, and each puts something before the names ("state_dict.module.backbone.conv1.weight");
// many keep several copies of one network. This is the one place that finds a network's own names
// again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "weights/weight_file.h"

namespace engraft::weights {

// What a file has of a network.
struct FoundParameters {
  // Under the network's names where it knows them; what else lies beside these in the file keeps
  // its name.
  base::StateDict tensors;
  // Where the network has a parameter and the file something else: what would make it in Python.
  std::map<std::string, std::string> foreign;
  // For people: what was taken off the names, which of several copies was taken and why.
  std::vector<std::string> notes;
};

// Finds the copy of the network in `file` that has most of its parameters, a head's aside; of those
// as complete, one with a head. Of several, averaged weights (EMA) are preferred, then those in the
// usual place ("state_dict", "model"). `place` says where `file` was read; its key, where there is
// one, chooses the copy. Nothing is renamed where the file has less than half of the parameters.
// Throws Error that lists the copies where it cannot be known which is meant, or where there is
// none of this key.
FoundParameters find_parameters(const graph::Graph& graph, const WeightFile& file,
                                const WeightPlace& place);

}  // namespace engraft::weights
