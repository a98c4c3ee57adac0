/// Federated averaging of differences that are cut to a length.
///
///   next = global + sum_s w_s min(1, B / ||x_s - global||) (x_s - global) / sum_s w_s
/// per parameter group, with the L2 norm of the group's trained parameters. B is norm_bound or, where
/// that is 0, the median of the norms of the round's holders: no site then moves a group further
/// than the middle one does. Running statistics: their coordinate-wise median, counters: the maximum.
/// Passes: one. Memory: one number per site and group. State: none.
/// Source: Sun et al. 2019 (arXiv 1911.07963), without the noise; the median as bound is ours.
/// Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class NormBound final : public AggregationStrategy {
 public:
  /// `bound`: 0 for the median of each round.
  explicit NormBound(double bound) : bound_(bound) {}
  std::string_view name() const override { return "norm-bound"; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  double bound_;
};

}  // namespace consilium
