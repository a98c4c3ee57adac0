/// McNemar's test: do two methods differ in how many of the same images they get right?
///
/// Only the images on which they disagree count: `only_a` that a alone gets right, `only_b` that b
/// alone does; n is their sum.
///   exact       p = min(1, 2 P(Binomial(n, 1/2) <= min(only_a, only_b)))
///   chi-square  (|only_a - only_b| - 1)^2 / n with one degree of freedom (Edwards' continuity
///               correction; 0 where they are equal), an approximation from about n = 25 on
/// Undefined is empty: all of it where n is 0.
/// Images of one patient are not independent; where patients have several, a bootstrap by patient
/// of the difference in accuracy (bootstrap.h) is the safer answer.
/// Errors: kInvalidArgument: negative counts, lengths that differ. Threads: pure.
/// Source: McNemar (1947), Edwards (1948). Checked against scipy.stats.binomtest and chi2.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>

namespace consilium {

struct McNemarResult {
  std::int64_t only_a = 0, only_b = 0;
  std::optional<double> exact_p, chi_square, chi_square_p;
};

Result<McNemarResult> McNemarTest(std::int64_t only_a, std::int64_t only_b);
/// Of predicted and true classes, image by image.
Result<McNemarResult> McNemarTest(std::span<const int> predicted_a,
                                  std::span<const int> predicted_b, std::span<const int> truth);

}  // namespace consilium
