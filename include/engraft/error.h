// What the functions here throw. A message says what went wrong, where (a path, a parameter's name,
// an option), and what to do about it.
#pragma once

#include <stdexcept>
#include <string>

#include "engraft/export.h"

namespace engraft {

class ENGRAFT_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

// An option, or what several say together, is wrong: nothing has been begun.
class ENGRAFT_API OptionError : public Error {
 public:
  using Error::Error;
};

}  // namespace engraft
