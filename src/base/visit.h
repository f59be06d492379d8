// What std::visit is given so that it asks every alternative of a variant by name: without a case
// for "all others", the compiler lists what a new alternative has not been given an answer for.
//
//   std::visit(Overloaded{[](const Circle& circle) { return circle.radius; },
//                         [](const OneOf<Square, Point> auto&) { return 0.0; }},
//              shape);
#pragma once

#include <concepts>

namespace engraft::base {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

// Compilers of today find this by themselves; clang 14, which builds the fuzz targets, does not.
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// Whether T is one of these types: several alternatives with one answer.
template <typename T, typename... Types>
concept OneOf = (std::same_as<T, Types> || ...);

}  // namespace engraft::base
