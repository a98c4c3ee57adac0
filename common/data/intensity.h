/// Grey values to 0..1, as the paper's image pipeline does: clip to the 2nd and 98th percentile.
///
/// Percentiles interpolate linearly between the two nearest values, as numpy.percentile does.
/// Integers that span at most 65,536 values are counted, others partially sorted: both exact.
/// Threads: pure.
#pragma once

#include <span>

namespace consilium {

struct IntensityRange {
  float low = 0;
  float high = 0;
};

/// Values at the two percentiles (0 to 100) of finite `values`; {0, 0} if there are none.
IntensityRange PercentileRange(std::span<const float> values, double low, double high);

/// The 2nd and 98th percentile.
IntensityRange DisplayRange(std::span<const float> values);

/// (value - low) / (high - low), clipped to 0..1; all zeros if the range is empty.
void ScaleToUnit(std::span<float> values, IntensityRange range);

}  // namespace consilium
