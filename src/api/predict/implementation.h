// What stands behind the public values.
#pragma once

#include <string>

#include "engraft/model.h"
#include "model/model.h"

namespace engraft {

struct Model::Implementation {
  model::Model model;
  std::string source;  // the file that it was read from; empty: none
};

}  // namespace engraft

namespace engraft::api {

Model make_model(model::Model model, std::string source);

}  // namespace engraft::api
