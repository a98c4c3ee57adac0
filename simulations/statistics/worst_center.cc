#include "simulations/statistics/worst_center.h"

#include "simulations/statistics/descriptive.h"

#include <algorithm>
#include <cmath>

namespace consilium {

std::optional<WorstCenterResult> WorstCenter(std::span<const CenterValue> centers,
                                             bool higher_is_better) {
  std::vector<double> values;
  values.reserve(centers.size());
  const CenterValue* worst = nullptr;
  for (const CenterValue& center : centers) {
    if (!center.value) continue;
    values.push_back(*center.value);
    if (worst == nullptr) worst = &center;
    const double gain =
        higher_is_better ? *center.value - *worst->value : *worst->value - *center.value;
    if (gain < 0 || (gain == 0 && center.center < worst->center)) worst = &center;
  }
  if (worst == nullptr) return std::nullopt;
  // Rounding of the mean must not make equal centers worse than their mean by -1e-17.
  const double distance =
      higher_is_better ? *Mean(values) - *worst->value : *worst->value - *Mean(values);
  return WorstCenterResult{worst->center, *worst->value, std::max(0.0, distance)};
}

}  // namespace consilium
