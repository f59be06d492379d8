// What PyTorch computed (tools/golden/optimizers.py), for this folder's tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/testing/folders.h"

namespace engraft::learn {

inline const nlohmann::json& golden(const std::string& part) {
  static const nlohmann::json all = nlohmann::json::parse(
      base::read_text(base::source_folder() / "src/learn/testdata/optimizers.json"));
  return all.at(part);
}

}  // namespace engraft::learn
