#include "simulations/report/mean_interval.h"

#include "simulations/statistics/paired_t_test.h"

#include <vector>

namespace consilium {

std::optional<Interval> MeanInterval(std::span<const double> values) {
  if (values.size() < 3) return std::nullopt;
  const std::vector<double> zeros(values.size(), 0.0);
  const Result<PairedTResult> t = PairedTTest(values, zeros);
  return t.ok() ? t->interval : std::nullopt;
}

}  // namespace consilium
