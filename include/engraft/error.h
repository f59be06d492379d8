// The one exception type that crosses Engraft's public interface. Its message says what went
// wrong, where (a path, a parameter's name, an option), and what to do about it.
#pragma once

#include <stdexcept>
#include <string>

namespace engraft {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace engraft
