/// Student's paired t-test, its confidence interval and Cohen's d_z.
///
///   d_i = a_i - b_i,   t = mean(d) / (sd(d) / sqrt(n)),   n - 1 degrees of freedom
///   interval = mean(d) -+ quantile of Student * sd(d) / sqrt(n), always two-sided
///   d_z = mean(d) / sd(d)
///
/// Mean, sd, se and interval are in the units of the samples; t and d_z have none.
/// Undefined is empty: everything of no pair; all but the mean of one pair; t, p, d_z and interval
/// where all differences are equal up to rounding (SciPy gives infinity or NaN there).
/// Errors: kInvalidArgument if lengths differ, a value is not finite, confidence is not in (0, 1).
/// Threads: pure. Source: Student (1908); d_z: Cohen (1988), section 2.3.5. Checked against
/// scipy.stats.ttest_rel.
#pragma once

#include "common/base/result.h"
#include "simulations/statistics/inference.h"

#include <optional>
#include <span>

namespace consilium {

struct PairedTResult {
  std::size_t n = 0;  ///< pairs
  std::optional<double> mean_difference, sd, se, t, p, cohens_dz;
  std::optional<Interval> interval;
};

Result<PairedTResult> PairedTTest(std::span<const double> a, std::span<const double> b,
                                  Alternative alternative = Alternative::kTwoSided,
                                  double confidence = 0.95);

}  // namespace consilium
