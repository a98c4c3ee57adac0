/// The point with the least weighted sum of distances to the sites' states, per parameter group, by
/// smoothed Weiszfeld steps.
///
///   z = the coordinate-wise median at first;   each step:  beta_s = w_s / max(smoothing, ||x_s - z||),
///                                                           z = sum_s beta_s x_s / sum_s beta_s
/// The source begins with the mean, from which a site far away is left behind by a constant factor
/// per step only. Weights are those of the group (weights.h): what is tolerated is less than half of the weight. A
/// group of fewer than 2f + 1 holders in a round stays as it is. Running statistics: their
/// coordinate-wise median, counters: the maximum.
/// Passes: one per step. Memory: one number per site and group. State: none.
/// Source: Pillutla, Kakade, Harchaoui 2022 (arXiv 1912.13445). Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class GeometricMedian final : public AggregationStrategy {
 public:
  explicit GeometricMedian(const StrategyOptions& options) : options_(options) {}
  std::string_view name() const override { return "geometric-median"; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  StrategyOptions options_;
};

}  // namespace consilium
