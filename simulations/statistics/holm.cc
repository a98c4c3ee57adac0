#include "simulations/statistics/holm.h"

#include <algorithm>

namespace consilium {

Result<std::vector<std::optional<double>>> HolmAdjusted(
    std::span<const std::optional<double>> p_values) {
  std::vector<std::size_t> order;
  order.reserve(p_values.size());
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!p_values[i]) continue;
    if (!(*p_values[i] >= 0 && *p_values[i] <= 1)) {
      return InvalidArgument("p-value " + std::to_string(i + 1) + " is not in [0, 1]");
    }
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return *p_values[x] < *p_values[y]; });
  std::vector<std::optional<double>> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const double scaled = static_cast<double>(order.size() - k) * *p_values[order[k]];
    largest = std::max(largest, std::min(1.0, scaled));
    adjusted[order[k]] = largest;
  }
  return adjusted;
}

}  // namespace consilium
