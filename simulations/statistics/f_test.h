/// One-way F-test: do groups of values have one mean?
///
///   F = (sum_g n_g (mean_g - mean)^2 / (k - 1)) / (sum_g sum_i (x_gi - mean_g)^2 / (n - k))
///   eta^2 = between / (between + within), the share of the sum of squares that the groups explain
///
/// The groups count as independent: of paired samples the test ignores the pairing, and is weaker
/// than the paired t-test for it. It is here because the paper reports it. Of two groups, F is the
/// square of Student's unpaired t.
/// Undefined is empty: F, p and eta^2 of n <= k values, and where every group is constant up to
/// rounding (SciPy gives infinity or NaN there).
/// Errors: kInvalidArgument: fewer than two groups, an empty one, a value that is not finite.
/// Threads: pure. Source: Fisher (1925). Checked against scipy.stats.f_oneway.
#pragma once

#include "common/base/result.h"

#include <optional>
#include <span>
#include <vector>

namespace consilium {

struct FTestResult {
  std::size_t n = 0;       ///< values in all
  std::size_t groups = 0;  ///< k
  std::optional<double> f, p, eta_squared;
};

Result<FTestResult> OneWayFTest(std::span<const std::vector<double>> groups);

}  // namespace consilium
