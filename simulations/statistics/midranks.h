/// Ranks from 1, equal values sharing the mean of their ranks (scipy.stats.rankdata).
/// Time: n log n. Requires values without NaN. Threads: pure.
#pragma once

#include <span>
#include <vector>

namespace consilium {

std::vector<double> Midranks(std::span<const double> values);

}  // namespace consilium
