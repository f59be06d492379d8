// What was measured on this processor to choose the faster of several ways: once each, and
// remembered.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/file.h"

namespace engraft {

class Measurements {
 public:
  // `file` is where they are remembered; empty: nowhere. A file that cannot be read, or that is
  // another processor's, counts as absent.
  explicit Measurements(Path file = {});

  // What is remembered under this name; where there is nothing, what `measure` returns.
  double get(const std::string& name, const std::function<double()>& measure);

  // Writes down what is new. Where that fails, it is measured again next time.
  void save();

 private:
  Path file_;
  std::map<std::string, double> values_;
  bool changed_ = false;
};

}  // namespace engraft
