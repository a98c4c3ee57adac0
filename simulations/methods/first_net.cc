#include "simulations/methods/first_net.h"

#include "common/nn/state.h"

namespace consilium {

Result<MultiTaskNet> FirstNet(const NetSource& source, const RunPlan& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, source.make(plan));
  if (!source.weights.empty()) {
    const Status loaded = LoadBackboneWeights(*net, source.weights);
    if (!loaded.ok()) return InvalidArgument("weights: " + loaded.message());
  }
  return net;
}

}  // namespace consilium
