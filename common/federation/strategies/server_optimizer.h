/// The sites' weighted mean difference as the gradient of an optimiser at the server.
///
///   d = sum_s w_s (x_s - global) / sum_s w_s                      of the entry's group
///   fedavgm      m = beta m + d                                   next = global + eta m
///   fedadagrad   v = v + d^2                                      next = global + eta d / (sqrt(v) + tau)
///   fedadam      m = b1 m + (1-b1) d,  v = b2 v + (1-b2) d^2      next = global + eta m / (sqrt(v) + tau)
///   fedyogi      the same but         v = v - (1-b2) d^2 sign(v - d^2)
/// m starts at 0 and v at tau^2. A group in which no weight arrived keeps values and state. Entries
/// that are not trained follow buffer_rules.h.
/// State: m, v or both, one value per parameter, in the parameter's type.
/// Source: Hsu et al. 2019 (arXiv 1909.06335) for fedavgm; Reddi et al. 2021 (arXiv 2003.00295),
/// algorithm 2, for the others (fedadagrad with beta1 = 0, no bias correction). Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class ServerOptimizer final : public AggregationStrategy {
 public:
  enum class Rule { kMomentum, kAdagrad, kAdam, kYogi };
  ServerOptimizer(std::string_view name, Rule rule, const StrategyOptions& options)
      : name_(name), rule_(rule), options_(options) {}
  std::string_view name() const override { return name_; }
  int state_slots() const override;
  double initial_state(int slot) const override;
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  std::string_view name_;
  Rule rule_;
  StrategyOptions options_;
};

}  // namespace consilium
