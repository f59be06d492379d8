#include "data/split_list.h"

#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  data::parse_split_list(text_of(bytes), "split.csv");
}
