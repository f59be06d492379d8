// A step as it is written, "name(argument,key=value,...)", taken apart, and the kinds of values
// that steps read from it. Whatever is wrong is an Error that begins with the step's text.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "image/geometry.h"

namespace engraft::transforms {

struct StepText {
  std::string text;  // the whole, for messages
  std::string name;
  std::optional<std::string> argument;  // the one without a key
  // Values may have several parts: "mean=0.5,0.4,0.3" is {"mean", "0.5,0.4,0.3"}.
  std::map<std::string, std::string> options;
};

struct Range {
  float low = 0;
  float high = 0;
  bool operator==(const Range&) const = default;
};

// Cuts the first step off `rest`, which begins with one.
StepText cut_step(std::string_view& rest);

[[noreturn]] void fail(const StepText& step, const std::string& what);

// Fails where the step has another option than these.
void allow_options(const StepText& step, std::initializer_list<std::string_view> allowed);

// An option's value, of one part; nothing where it is not given.
std::optional<std::string_view> option(const StepText& step, const std::string& key);

// A finite number, and nothing beside it.
std::optional<float> number(std::string_view text);

// The argument: "224x192", or "224" with a width of 0.
image::Size read_size(const StepText& step);

// The same, where one number means a square.
image::Size read_square_size(const StepText& step);

// "low:high", both within `allowed`; `what` names it in messages.
Range read_range(const StepText& step, const std::string& what, std::string_view text,
                 Range allowed);

// The options interpolation=bilinear|bicubic|nearest and antialias=true|false.
image::Interpolation read_interpolation(const StepText& step);

// The way back: "224" or "224x192"; and ",interpolation=bicubic", which is empty for the usual.
std::string size_text(image::Size size);
std::string interpolation_options(image::Interpolation interpolation);

}  // namespace engraft::transforms
