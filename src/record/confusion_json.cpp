#include "record/confusion_json.h"

#include <nlohmann/json.hpp>

namespace engraft::record {

void add_confusion(nlohmann::json& document, const learn::Confusion& confusion,
                   std::span<const std::string> classes) {
  if (classes.size() < learn::kLeastClassesAsPairs) {
    document["confusion"] = confusion.matrix();
    return;
  }
  nlohmann::json pairs = nlohmann::json::array();
  for (const learn::ConfusedPair& pair : confusion.pairs()) {
    if (pair.truth == pair.predicted) continue;
    pairs.push_back({{"shown", classes[pair.truth]},
                     {"taken_for", classes[pair.predicted]},
                     {"count", pair.count}});
  }
  document["confused"] = std::move(pairs);
}

}  // namespace engraft::record
