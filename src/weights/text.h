// Text that comes out of weight files: names of tensors and of what a malicious file would run.
#pragma once

#include <string>
#include <string_view>

namespace engraft {

// As RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);

// For a message: what is not printable ASCII becomes "?", so that a terminal acts on none of it.
std::string printable(std::string_view text);

}  // namespace engraft
