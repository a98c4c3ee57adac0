/// A smooth way from 0 to 1, for edges without a visible line. Threads: pure.
#pragma once

#include <algorithm>

namespace consilium {

/// 0 up to t = 0, 1 from t = 1 on, 3 t^2 - 2 t^3 between.
inline float Ramp(float t) {
  t = std::clamp(t, 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

}  // namespace consilium
