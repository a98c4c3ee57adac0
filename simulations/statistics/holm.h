/// Holm's correction: p-values of several tests, adjusted so that all with an adjusted p <= alpha
/// may be claimed together with a chance of at most alpha that any claim is wrong, whatever the
/// dependence between the tests.
///
///   p_(1) <= ... <= p_(m):   adjusted_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))
///
/// An undefined p-value stays undefined and is no test: it does not count in m. Order is kept.
/// Errors: kInvalidArgument if a p-value is not in [0, 1]. Threads: pure. Source: Holm (1979).
#pragma once

#include "common/base/result.h"

#include <optional>
#include <span>
#include <vector>

namespace consilium {

Result<std::vector<std::optional<double>>> HolmAdjusted(
    std::span<const std::optional<double>> p_values);

}  // namespace consilium
