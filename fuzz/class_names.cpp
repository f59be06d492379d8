#include "model/classes.h"
#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  require(!model::parse_class_names(text_of(bytes)).empty());
}
