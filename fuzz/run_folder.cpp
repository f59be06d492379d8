// run.json, and after a zero byte metrics.csv.
#include "record/run_folder.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const std::string_view text = text_of(bytes);
  const std::size_t end = std::min(text.find('\0'), text.size());
  const record::Run run =
      record::parse_run(text.substr(0, end), text.substr(std::min(end + 1, text.size())));
  record::to_json(run).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}
