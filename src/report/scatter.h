// Accuracy against speed as one standalone SVG file: each network a dot with its uncertainty.
#pragma once

#include <span>
#include <string>

namespace engraft::report {

struct ScatterPoint {
  std::string name;  // plain text
  double x = 0;      // more than 0; the axis is logarithmic
  double y = 0;
  double y_low = 0;  // ends of the uncertainty
  double y_high = 0;
};

struct ScatterOptions {
  std::string title;
  std::string x_label;
  std::string y_label;
};

// Throws Error for no points, or an x that is not above 0.
std::string scatter_svg(std::span<const ScatterPoint> points, const ScatterOptions& options);

}  // namespace engraft::report
