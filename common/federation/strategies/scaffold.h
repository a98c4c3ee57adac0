/// SCAFFOLD: control variates take the drift of each site out of its local steps.
///
/// The state that travels has an entry "control.<name>" beside each trained parameter: c on the way
/// out, c + (c_s+ - c_s) on the way in. So the server's c is part of the model: saved, named by its
/// digest and resumed with it.
///   at a site   each step: gradient - c_s + c;  after K steps of rate eta from x to y:
///               c_s+ = c_s - c + (x - y) / (K eta)                          (option II)
///   parameters  next = global + server_learning_rate * sum_s w_s (y_s - global) / sum_s w_s
///   controls    c = c + sum_s w_s (c_s+ - c_s): not divided by the weight that arrived, for c is
///               the mean over all sites, those included that did not deliver
/// with w_s of the parameter's group. A site whose update came too late has gone on to a c_s that c
/// does not hold, until its next update. The rest: buffer_rules.h.
/// Source: Karimireddy et al. 2020 (arXiv 1910.06378), with the weights of weights.h in place of 1/N.
/// Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class Scaffold final : public AggregationStrategy {
 public:
  explicit Scaffold(double server_learning_rate) : rate_(server_learning_rate) {}
  std::string_view name() const override { return "scaffold"; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  double rate_;
};

/// `state` and, if the run's method keeps controls, one of zeros for each trained parameter of it.
/// Errors: those of Layout::Make.
Result<ParameterBlob> WithControls(const RunPlan& plan, ParameterBlob state);

/// "backbone.conv1.weight" of "control.backbone.conv1.weight".
std::string_view ControlledName(const EntrySpec& control);

}  // namespace consilium
