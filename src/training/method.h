// How a training finds its numbers, and which options choose that.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace engraft::training {

enum class Method {
  kSteps,     // batch after batch, by SGD, Adam or AdamW
  kFit,       // L-BFGS on all pictures at once, with a penalty that somebody chose
  kBestHead,  // L-BFGS, and its penalty cross-validated: no setting is left to choose
};

// Whether all training pictures are learned from at once: no batches, no rate.
constexpr bool is_fit(Method method) { return method != Method::kSteps; }

// What somebody has said about the method, by the options' names without dashes.
struct GivenOptions {
  std::set<std::string, std::less<>>
      names;               // those given, of any kind; "optimizer" and so on count
  bool automatic = false;  // --lr auto, given
  bool lbfgs = false;      // --optimizer lbfgs
};

// The given options that choose the step-by-step method.
std::vector<std::string> step_options(const GivenOptions& given);

// Those of them that contradict --lr auto: all but the ways to show a picture (train-transforms,
// views), which a head found at once can use too.
std::vector<std::string> contradictions(const GivenOptions& given);

// The best head where it is asked for, or can be found and nothing asks for steps.
Method choose_method(const GivenOptions& given, bool findable_head);

}  // namespace engraft::training
