// What the functions here throw. A message says what went wrong, where (a path, a parameter's name,
// an option), and what to do about it.
#pragma once

#include <stdexcept>
#include <string>

namespace engraft {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

// An option, or what several say together, is wrong: nothing has been begun.
class OptionError : public Error {
 public:
  using Error::Error;
};

}  // namespace engraft
