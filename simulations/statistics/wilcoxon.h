/// Wilcoxon's signed-rank test of paired samples, and its effect size.
///
///   d_i = a_i - b_i;  W+ = sum of the ranks of |d_i| over d_i > 0,  W- over d_i < 0
///   rank-biserial correlation = (W+ - W-) / (W+ + W-), in [-1, 1]
///
/// Equal |d_i| share the mean of their ranks; equal means equal in every bit, so a caller whose
/// differences carry rounding rounds them first.
///
/// Exact: given the ranks, every choice of signs of the non-zero differences is equally likely
/// (2^n choices, counted by dynamic programming). That is right with ties and zeros too; without
/// them it is the usual table. Approximate: z = (W - mean) / sd, with the variance reduced for ties
/// and, under kPratt, for zeros (Cureton 1967); the correction moves z by half a rank towards 0.
///
/// Units: W in ranks. Undefined is empty: p, z and rank_biserial of no pair and, under kDrop and
/// kPratt, of zeros alone (kSplit: p = 1, as SciPy says).
/// Errors: kInvalidArgument if lengths differ, a value is not finite, or kExact is asked of more
/// than kMaxExactPairs. Threads: pure.
/// Source: Wilcoxon (1945); Pratt (1959); Cureton (1967); rank-biserial: Kerby (2014). Checked
/// against scipy.stats.wilcoxon and, exact with ties and zeros, scipy.stats.permutation_test.
#pragma once

#include "common/base/result.h"
#include "simulations/statistics/inference.h"

#include <optional>
#include <span>

namespace consilium {

inline constexpr std::size_t kMaxExactPairs = 500;

/// What happens to differences of 0; SciPy's "wilcox", "pratt", "zsplit".
enum class ZeroRule {
  kDrop,   ///< left out before ranking
  kPratt,  ///< ranked, then left out
  kSplit,  ///< ranked, half of their ranks to each side
};

enum class WilcoxonMethod {
  kAuto,         ///< kExact up to 50 pairs without a zero, else kApproximate: SciPy's choice
  kExact,        ///< given the ranks, ties and zeros included
  kExactUntied,  ///< of ranks 1..n, whatever ties there are, at W+ rounded down; with zeros
                 ///< kApproximate. For the figures of others: SciPy 1.10 does this
  kApproximate,
};

struct WilcoxonOptions {
  Alternative alternative = Alternative::kTwoSided;
  ZeroRule zeros = ZeroRule::kDrop;
  WilcoxonMethod method = WilcoxonMethod::kAuto;
  bool continuity_correction = false;  ///< of the approximation
};

struct WilcoxonResult {
  std::size_t n = 0;  ///< pairs
  std::size_t zeros = 0;
  bool ties = false;                               ///< among non-zero |d_i|
  double w_plus = 0, w_minus = 0;                  ///< kSplit: with their half of the zeros
  WilcoxonMethod method = WilcoxonMethod::kExact;  ///< the one used
  std::optional<double> z;                         ///< of the approximation
  std::optional<double> p, rank_biserial;
};

Result<WilcoxonResult> WilcoxonSignedRank(std::span<const double> a, std::span<const double> b,
                                          const WilcoxonOptions& options = {});
/// The same, of the differences themselves.
Result<WilcoxonResult> WilcoxonSignedRank(std::span<const double> differences,
                                          const WilcoxonOptions& options = {});

}  // namespace consilium
