// An option's value, and whether a program has given it: as on the command line that makes a
// difference, since what is left alone is chosen to fit (`lr` by the way of training, `views` and
// the transforms by the network).
//
//   struct Options { Option<int> epochs = Default{10}; };
//   Options{}.epochs.value()              // 10, not given
//   Options{.epochs = 10}.epochs.given()  // true
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace engraft {

template <class T>
struct Default {
  T value;
};
template <class T>
Default(T) -> Default<T>;

// Whether a value can be given for an option of type T: never a fraction for a whole number, nor
// anything but true and false for a yes or no.
template <class U, class T>
concept GivenFor = std::convertible_to<U, T> &&
    (!std::same_as<T, bool> || std::same_as<std::remove_cvref_t<U>, bool>)&&(
        !std::is_integral_v<T> || !std::is_floating_point_v<std::remove_cvref_t<U>>);

template <class T>
class Option {
 public:
  template <class U>
  Option(Default<U> standard) : value_(std::move(standard.value)) {}
  template <GivenFor<T> U>
  Option(U&& value) : value_(std::forward<U>(value)), given_(true) {}

  const T& value() const { return value_; }
  bool given() const { return given_; }

 private:
  T value_;
  bool given_ = false;
};

// What is a number or a word: `.lr = 0.001`, `.lr = "auto"`.
class NumberOrWord {
 public:
  template <class Number>
  requires std::is_arithmetic_v<Number> NumberOrWord(Number number)
      : number_(static_cast<double>(number)), is_number_(true) {}
  NumberOrWord(std::string word) : word_(std::move(word)) {}
  NumberOrWord(const char* word) : word_(word) {}

  bool is_number() const { return is_number_; }
  double number() const { return number_; }
  const std::string& word() const { return word_; }

 private:
  double number_ = 0;
  std::string word_;
  bool is_number_ = false;
};

}  // namespace engraft
