// A value or the reason why there is none. For failures that are part of normal work, such as one
// unreadable picture among thousands; exceptions (engraft::Error) are for what stops the work.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace engraft::base {

// Why an item could not be had, as a clause that follows the item's name: "zero bytes".
struct Problem {
  std::string reason;
  bool passing = false;  // another moment may not have it: a lack of memory
};

template <typename T>
class Expected {
 public:
  Expected(T value) : content_(std::move(value)) {}            // NOLINT: implicit by design
  Expected(Problem problem) : content_(std::move(problem)) {}  // NOLINT: implicit by design

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // These two require that there is no value.
  const Problem& problem() const {
    assert(!*this);
    return std::get<1>(content_);
  }
  const std::string& reason() const { return problem().reason; }

 private:
  T& value() {
    assert(*this);
    return std::get<0>(content_);
  }
  const T& value() const {
    assert(*this);
    return std::get<0>(content_);
  }

  std::variant<T, Problem> content_;
};

}  // namespace engraft::base
