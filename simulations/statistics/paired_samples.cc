#include "simulations/statistics/paired_samples.h"

#include "simulations/statistics/descriptive.h"

namespace consilium {

Result<std::vector<double>> PairedDifferences(std::span<const double> a,
                                              std::span<const double> b) {
  if (a.size() != b.size()) {
    return InvalidArgument("paired samples have the same length, not " + std::to_string(a.size()) +
                           " and " + std::to_string(b.size()));
  }
  CONSILIUM_RETURN_IF_ERROR(CheckFinite(a, "first sample"));
  CONSILIUM_RETURN_IF_ERROR(CheckFinite(b, "second sample"));
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] = a[i] - b[i];
  return differences;
}

}  // namespace consilium
