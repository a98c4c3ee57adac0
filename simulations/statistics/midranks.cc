#include "simulations/statistics/midranks.h"

#include <algorithm>
#include <numeric>

namespace consilium {

std::vector<double> Midranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t x, std::size_t y) { return values[x] < values[y]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = 0.5 * static_cast<double>(first + 1 + end);
    for (std::size_t k = first; k < end; ++k) ranks[order[k]] = rank;
    first = end;
  }
  return ranks;
}

}  // namespace consilium
