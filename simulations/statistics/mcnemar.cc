#include "simulations/statistics/mcnemar.h"

#include "simulations/statistics/distributions.h"

#include <algorithm>
#include <cstdlib>

namespace consilium {

Result<McNemarResult> McNemarTest(std::int64_t only_a, std::int64_t only_b) {
  if (only_a < 0 || only_b < 0) return InvalidArgument("counts of images are not negative");
  McNemarResult result;
  result.only_a = only_a;
  result.only_b = only_b;
  const std::int64_t n = only_a + only_b;
  if (n == 0) return result;
  result.exact_p = std::min(1.0, 2 * FairBinomialLowerTail(std::min(only_a, only_b), n));
  const std::int64_t distance = std::abs(only_a - only_b);
  const auto corrected = static_cast<double>(std::max<std::int64_t>(distance - 1, 0));
  result.chi_square = corrected * corrected / static_cast<double>(n);
  result.chi_square_p = ChiSquareUpperTail(*result.chi_square, 1);
  return result;
}

Result<McNemarResult> McNemarTest(std::span<const int> predicted_a,
                                  std::span<const int> predicted_b, std::span<const int> truth) {
  if (predicted_a.size() != truth.size() || predicted_b.size() != truth.size()) {
    return InvalidArgument("McNemar's test takes predictions of the same images");
  }
  std::int64_t only_a = 0;
  std::int64_t only_b = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const bool right_a = predicted_a[i] == truth[i];
    const bool right_b = predicted_b[i] == truth[i];
    if (right_a && !right_b) ++only_a;
    if (right_b && !right_a) ++only_b;
  }
  return McNemarTest(only_a, only_b);
}

}  // namespace consilium
