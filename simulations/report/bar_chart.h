/// Bars side by side in groups: one group per left-out center, one bar per model, with whiskers.
///
/// Bars start at zero; a marker at each end tells methods apart without colour. Undefined values
/// are a dash where the bar would stand. Threads: pure.
#pragma once

#include "simulations/report/method_style.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

struct BarSeries {
  std::string label;
  MethodStyle style;
  // One per group.
  std::vector<std::optional<double>> values;
  std::vector<std::optional<double>> deviations;
};

struct BarChart {
  std::string id;  ///< unique in the page
  std::string title;
  std::string description;
  std::vector<std::string> groups;
  std::vector<BarSeries> series;
  // No value lies outside; whiskers end there.
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
};

std::string DrawBarChart(const BarChart& chart);

}  // namespace consilium
