/// The distributions that the tests refer to, from Boost.Math; nothing else here includes it.
///
/// Tails are computed as tails, so that small probabilities keep their digits.
/// Requires finite arguments, degrees of freedom and n above 0, probabilities inside (0, 1); what
/// breaks this gives NaN, never an exception.
/// Threads: pure.
#pragma once

#include "simulations/statistics/inference.h"

#include <cstdint>

namespace consilium {

double NormalLowerTail(double z);
double NormalUpperTail(double z);
double NormalQuantile(double p);
double StudentUpperTail(double t, double degrees_of_freedom);
double StudentQuantile(double p, double degrees_of_freedom);
double FisherFUpperTail(double f, double degrees_between, double degrees_within);
double ChiSquareUpperTail(double x, double degrees_of_freedom);
/// P(at most `k` of `n`), each with probability one half.
double FairBinomialLowerTail(std::int64_t k, std::int64_t n);

/// The p-value of a normal statistic that is large where a is larger than b.
double NormalPValue(double z, Alternative alternative);
/// The same for a Student statistic.
double StudentPValue(double t, double degrees_of_freedom, Alternative alternative);

}  // namespace consilium
