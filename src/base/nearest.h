// Which names somebody may have meant: for messages about a name that there is none of.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engraft::base {

// How many letters to insert, remove, replace, or swap with their neighbour make one of the other
// (optimal string alignment distance), capitals aside.
std::size_t edit_distance(std::string_view first, std::string_view second);

// At most `count` of `names`, nearest first; those as near in their own order. A name of which more
// than half the letters differ is no candidate, so the result may be empty.
std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string> names,
                                 std::size_t count = 3);

}  // namespace engraft::base
