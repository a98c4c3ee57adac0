/// Federated averaging with the indicator acting per parameter group.
///
///   parameters  next = global + sum_s w_s (x_s - global) / sum_s w_s, over the sites that arrived
///               and with w_s of the entry's group (weights.h): with full participation the divisor
///               is 1 up to rounding; no weight, no change
///   the rest    buffer_rules.h, weighted by images used
/// What differs at the sites only averages so too: fedprox, fedbn, fedper, fedrep.
/// Threads: stateless.
/// Source: McMahan et al. 2017 (arXiv 1602.05629); docs/math.md, "Strategies".
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class FedAvg final : public AggregationStrategy {
 public:
  explicit FedAvg(std::string_view name = "fedavg") : name_(name) {}
  std::string_view name() const override { return name_; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  std::string_view name_;
};

}  // namespace consilium
