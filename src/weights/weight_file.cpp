#include "weights/weight_file.h"

#include <filesystem>

#include "engraft/error.h"
#include "weights/pth/pth.h"
#include "weights/pth/recognise.h"
#include "weights/safetensors.h"

namespace engraft::weights {

WeightFile read_weights(const base::Path& path) {
  const base::MappedFile file = base::map_file(path);
  switch (pth::weight_form(file.bytes)) {
    case pth::WeightForm::kSafetensors:
      return parse_safetensors(file.bytes, file.owner, path.string());
    case pth::WeightForm::kOther:
      throw Error(path.string() + ": " + pth::not_weights(file.bytes));
    default: {
      pth::PthContent content = pth::parse_pth(file.bytes, file.owner, path.string());
      return {.tensors = std::move(content.tensors), .foreign = std::move(content.foreign)};
    }
  }
}

std::optional<WeightPlace> weight_place(const std::string& text) {
  if (std::filesystem::is_regular_file(text)) return WeightPlace{text, ""};
  for (std::size_t colon = text.rfind(':'); colon != std::string::npos && colon > 0;
       colon = text.rfind(':', colon - 1)) {
    const std::string file = text.substr(0, colon);
    if (std::filesystem::is_regular_file(file)) return WeightPlace{file, text.substr(colon + 1)};
  }
  return std::nullopt;
}

}  // namespace engraft::weights
