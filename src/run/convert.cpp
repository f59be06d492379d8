#include "run/convert.h"

#include <fmt/format.h>

#include "engraft/error.h"
#include "model/model.h"
#include "run/network.h"
#include "run/places.h"

namespace engraft::run {

void convert(const std::string& from, const base::Path& to) {
  if (!is_saved_model(from)) {
    throw OptionError(
        fmt::format("{}: no saved model (a .safetensors file or a run folder)", from));
  }
  require_writable(to);
  model::save_model(open_model(from, {}, {}), to);
}

}  // namespace engraft::run
