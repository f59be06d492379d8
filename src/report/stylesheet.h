// The report's stylesheet: one column of calm text, light and dark as the reader's system is set,
// readable on a phone and on paper.
#pragma once

namespace engraft::report {

extern const char* const kStylesheet;

}  // namespace engraft::report
