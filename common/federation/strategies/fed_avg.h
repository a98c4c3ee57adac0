/// Federated averaging with the indicator acting per parameter group.
///
///   parameters          next = global + sum_s w_s (x_s - global) / sum_s w_s, over the sites that
///                       arrived and with w_s of the entry's group (weights.h): with full
///                       participation the divisor is 1 up to rounding; no weight, no change
///   running statistics  mean weighted by images used; nobody used any, no change
///   counters            maximum, as are all integers
/// Sums run in double, in the order of the contributions. Threads: stateless.
/// Source: McMahan et al. 2017 (arXiv 1602.05629); docs/math.md, "Aggregation".
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class FedAvg final : public AggregationStrategy {
 public:
  static constexpr std::string_view kName = "fedavg";

  std::string_view name() const override { return kName; }
  Status Reduce(const EntrySpec& entry, ByteView global,
                std::span<const Contribution> contributions,
                std::span<std::byte> next) const override;
};

}  // namespace consilium
