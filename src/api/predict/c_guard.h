// How functions of the C interface answer: no exception leaves them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "engraft/engraft.h"
#include "engraft/error.h"
#include "engraft/model.h"

namespace engraft::api {

// What the exception that is being handled comes to; *error becomes its text.
engraft_status failure(char** error) noexcept;

// What `work` returns, or the failure.
template <class Work>
engraft_status guarded(char** error, const Work& work) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    return work();
  } catch (...) {
    return failure(error);
  }
}

// Throws Error for a null pointer where `what` is needed.
void require(const void* pointer, const char* what);

// A caller's struct as this version knows it: what the caller's does not reach to is zero.
template <class S>
S taken(const S* given) {
  S own{};
  if (given == nullptr) return own;
  if (given->size < sizeof given->size) {
    throw Error("a struct whose size is 0: begin with its ENGRAFT_..._INIT");
  }
  std::memcpy(&own, given, std::min(given->size, sizeof own));
  return own;
}

}  // namespace engraft::api

struct engraft_model {
  engraft::Model model;
  std::string architecture;
};
