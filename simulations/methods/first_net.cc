#include "simulations/methods/first_net.h"

#include "common/nn/backbone.h"
#include "common/nn/state.h"

namespace consilium {

Result<MultiTaskNet> FirstNet(const NetSource& source, const RunPlan& plan) {
  if (source.weights.empty() && IsBackboneAlias(plan.backbone)) {
    return InvalidArgument("weights: backbone '" + plan.backbone + "' means " +
                           std::string(FindBackbone(plan.backbone).value()->name) +
                           " with weights of its own, expected --weights FILE");
  }
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, source.make(plan));
  if (!source.weights.empty()) {
    const Status loaded = LoadBackboneWeights(*net, source.weights);
    if (!loaded.ok()) return InvalidArgument("weights: " + loaded.message());
  }
  return net;
}

}  // namespace consilium
