/// The interval that goes with a mean in a figure. Threads: pure.
#pragma once

#include "simulations/statistics/inference.h"

#include <optional>
#include <span>

namespace consilium {

/// 95 % interval of the mean by Student's t, as if the values were drawn independently; empty of
/// fewer than three (with two it says nothing) and of values that are all equal.
std::optional<Interval> MeanInterval(std::span<const double> values);

}  // namespace consilium
