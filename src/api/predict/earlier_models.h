// The one thing in which the two libraries differ: whether they know the networks that models of
// 0.1.0 only name. Each library is linked with its own answer.
#pragma once

#include "model/model.h"

namespace engraft::api {

// Builds a network by its name; empty where none is known.
model::NetworkByName networks_by_name();

}  // namespace engraft::api
