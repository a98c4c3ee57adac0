/// The key of a chart: a sample of each method's line or marker with its name, in rows.
/// Threads: pure.
#pragma once

#include "simulations/report/svg.h"

#include <string>
#include <vector>

namespace consilium {

struct LegendEntry {
  std::string label;
  MethodStyle style;
};

enum class LegendSample { kMarker, kLine };

/// Draws from (left, top) to `right` and returns the height used.
double DrawLegend(Svg& svg, const std::vector<LegendEntry>& entries, LegendSample sample,
                  Point left_top, double right);

}  // namespace consilium
