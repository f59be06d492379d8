// What is wrong with a data set, before anything is trained on it.
#pragma once

#include <optional>
#include <string>

#include "base/events.h"
#include "data/findings.h"
#include "training/settings.h"

namespace engraft::run {

struct CheckRequest {
  std::string data;  // class folders
  training::Settings settings;
};

struct Checked {
  data::Dataset data;  // what is in order, and lists of what is not
  data::Findings findings;

  bool clean() const;  // nothing is wrong
};

// Opens every picture; nothing where it was stopped. Throws Error where there is no data set at
// all.
std::optional<Checked> check(const CheckRequest& request, const base::Events& events);

}  // namespace engraft::run
