/// Curves: ROC, calibration, learning. Threads: pure.
#pragma once

#include "simulations/report/method_style.h"
#include "simulations/report/svg.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

struct Curve {
  std::string label;
  MethodStyle style;
  std::vector<Point> points;  ///< in values, not pixels; from left to right
  /// What each point says when the pointer rests on it, or empty: then markers are few and far
  /// between, only to tell curves apart.
  std::vector<std::string> hovers;
};

struct LineChart {
  std::string id;  ///< unique in the page
  std::string title;
  std::string description;
  std::string x_name;
  std::string y_name;
  /// Of both axes 0 to 1, drawn square, with the diagonal; else as the values are.
  bool unit_square = false;
  bool whole_x = false;  ///< x counts something
  /// The vertical axis holds these in any case.
  std::optional<std::pair<double, double>> y_range;
  double width = 380;
  bool legend = true;
  std::vector<Curve> curves;
};

std::string DrawLineChart(const LineChart& chart);

}  // namespace consilium
