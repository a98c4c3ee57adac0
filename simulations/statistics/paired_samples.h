/// Values of two methods, measured on the same folds, backbones or images. Threads: pure.
#pragma once

#include "common/base/result.h"

#include <span>
#include <vector>

namespace consilium {

/// a[i] - b[i].
/// Errors: kInvalidArgument if the lengths differ or a value is not finite.
Result<std::vector<double>> PairedDifferences(std::span<const double> a, std::span<const double> b);

}  // namespace consilium
