#include "target.h"

#include <cstdint>
#include <cstdlib>

#include "engraft/error.h"

namespace engraft::fuzz {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace engraft::fuzz

// As libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    engraft::fuzz::read(std::as_bytes(std::span(data, size)));
  } catch (const engraft::Error&) {  // what is said to the user
  }
  return 0;
}
