// What PyTorch computed (tools/golden/optimizers.py), for this folder's tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"

namespace engraft {

inline const nlohmann::json& golden(const std::string& part) {
  static const nlohmann::json all =
      nlohmann::json::parse(read_text(ENGRAFT_SOURCE_DIR "/src/learn/testdata/optimizers.json"));
  return all.at(part);
}

}  // namespace engraft
