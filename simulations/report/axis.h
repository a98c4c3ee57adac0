/// An axis: from values to pixels, with ticks at round numbers. Threads: pure.
#pragma once

#include <string>
#include <vector>

namespace consilium {

/// Multiples of 1, 2 or 5 times a power of ten inside [low, high], as many as fit into `most` (at
/// least 2). Empty unless low < high, both finite.
std::vector<double> NiceTicks(double low, double high, int most);

struct Axis {
  double low = 0;
  double high = 1;
  double first_pixel = 0;  ///< of `low`; may lie right of or below `last_pixel`
  double last_pixel = 0;
  std::vector<double> ticks;
  int digits = 1;  ///< after the point, as the ticks need

  double Pixel(double value) const;
  std::string TickText(double tick) const;
};

/// The range is widened to the next ticks on either side. Equal bounds are widened by 0.5.
Axis MakeAxis(double low, double high, double first_pixel, double last_pixel, int most_ticks);

}  // namespace consilium
