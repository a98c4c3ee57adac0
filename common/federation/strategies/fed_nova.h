/// Normalised averaging: sites that take more local steps do not pull the model their way.
///
///   d_s = (x_s - global) / a_s        a_s = the steps of site s, weighted as momentum rho weighs them:
///                                     (t - rho (1 - rho^t) / (1 - rho)) / (1 - rho); t for rho = 0
///   p_s = w_s / sum_s w_s             of the entry's group
///   next = global + (sum_s p_s a_s) (sum_s p_s d_s)
/// With equal steps everywhere this is federated averaging. A site that reports no steps counts
/// nothing. A head is taken to be stepped as often as its site steps. The rest: buffer_rules.h.
/// State: none.
/// Source: Wang et al. 2020 (arXiv 2007.07481), section 4, for SGD with momentum. Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class FedNova final : public AggregationStrategy {
 public:
  explicit FedNova(double momentum) : momentum_(momentum) {}
  std::string_view name() const override { return "fednova"; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  double momentum_;
};

/// a_s of the formula above.
double AccumulatedSteps(std::int64_t steps, double momentum);

}  // namespace consilium
