/// A dot plot: one line per model, with a marker at its mean, an interval, and faint dots for the
/// values behind it. Undefined means are a dash. Threads: pure.
#pragma once

#include "simulations/report/method_style.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

/// A value to hold others against, drawn as a dashed line.
struct ReferenceValue {
  double value = 0;
  std::string label;
};

struct DotRow {
  std::string label;  ///< empty: the row belongs to the label above
  std::string name;   ///< said on hover
  MethodStyle style;
  std::optional<double> mean;
  std::optional<std::pair<double, double>> interval;
  std::vector<double> values;
};

/// Rows under one heading, set apart from others; a heading may be empty.
struct DotGroup {
  std::string heading;
  std::vector<DotRow> rows;
};

struct DotPlot {
  std::string id;  ///< unique in the page
  std::string title;
  std::string description;
  std::string value_name;
  std::vector<DotGroup> groups;
  std::optional<ReferenceValue> reference;
};

std::string DrawDotPlot(const DotPlot& plot);

}  // namespace consilium
