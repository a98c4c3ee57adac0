/// AUROC from scores, with DeLong's variance, interval and paired test.
///
/// With m positive scores X_i, n negative scores Y_j, and psi = 1, 1/2, 0 for X above, equal to,
/// below Y:
///   AUROC = (1 / mn) sum_ij psi(X_i, Y_j)
///   V10_i = (1 / n) sum_j psi(X_i, Y_j),   V01_j = (1 / m) sum_i psi(X_i, Y_j)
///   variance = S(V10) / m + S(V01) / n, S the sample variance (m - 1, n - 1)
///   paired: the same of the differences V10_a - V10_b and V01_a - V01_b gives the variance of
///   AUROC_a - AUROC_b; z = difference / sqrt(variance)
/// V10 and V01 come from midranks (Sun and Xu), in (m + n) log(m + n).
///
/// The images count as independent. Where patients have several, use bootstrap.h.
/// Undefined is empty: all of it without one image of each class; variances with fewer than two of
/// each; interval, z and p where the variance is 0 (perfect separation; equal order of scores).
/// Units: none; variances of the AUROC.
/// Errors: kInvalidArgument: see binary_outcomes.h; confidence not in (0, 1). Threads: pure.
/// Source: DeLong, DeLong, Clarke-Pearson (1988); Sun and Xu (2014).
#pragma once

#include "common/base/result.h"
#include "simulations/statistics/inference.h"

#include <optional>
#include <span>

namespace consilium {

/// Of AUROC or its logit, +- the normal quantile times the standard error.
enum class AurocInterval {
  kWald,   ///< cut at 0 and 1
  kLogit,  ///< inside (0, 1) by itself, better near 1; empty where the AUROC is 0 or 1
};

struct DeLongResult {
  std::optional<double> auroc, variance;
  std::optional<Interval> interval;
};

Result<DeLongResult> DeLong(std::span<const double> scores, std::span<const int> outcomes,
                            double confidence = 0.95,
                            AurocInterval interval = AurocInterval::kWald);

struct DeLongComparison {
  std::optional<double> auroc_a, auroc_b, difference;
  std::optional<double> variance;    ///< of the difference
  std::optional<double> covariance;  ///< between the two AUROCs
  std::optional<double> z, p;
  std::optional<Interval> interval;  ///< of the difference, Wald, cut at -1 and 1
};

/// Two methods' scores of the same images.
Result<DeLongComparison> DeLongTest(std::span<const double> scores_a,
                                    std::span<const double> scores_b, std::span<const int> outcomes,
                                    Alternative alternative = Alternative::kTwoSided,
                                    double confidence = 0.95);

}  // namespace consilium
