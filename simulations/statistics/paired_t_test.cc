#include "simulations/statistics/paired_t_test.h"

#include "simulations/statistics/descriptive.h"
#include "simulations/statistics/distributions.h"
#include "simulations/statistics/paired_samples.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

double LargestMagnitude(std::span<const double> a, std::span<const double> b) {
  double largest = 0;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  for (const double value : b) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

Result<PairedTResult> PairedTTest(std::span<const double> a, std::span<const double> b,
                                  Alternative alternative, double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    return InvalidArgument("a confidence lies between 0 and 1");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<double> differences, PairedDifferences(a, b));
  PairedTResult result;
  result.n = differences.size();
  result.mean_difference = Mean(differences);
  result.sd = SampleDeviation(differences);
  result.se = StandardError(differences);
  // 0.7 - 0.6 and 0.3 - 0.2 differ in the last digit: such a spread says nothing.
  constexpr double kRounding = 1e-14;
  if (!result.sd || !(*result.sd > kRounding * LargestMagnitude(a, b))) return result;
  const double degrees = static_cast<double>(result.n) - 1;
  result.t = *result.mean_difference / *result.se;
  result.p = StudentPValue(*result.t, degrees, alternative);
  result.cohens_dz = *result.mean_difference / *result.sd;
  const double reach = StudentQuantile(0.5 + confidence / 2, degrees) * *result.se;
  result.interval = {*result.mean_difference - reach, *result.mean_difference + reach};
  return result;
}

}  // namespace consilium
