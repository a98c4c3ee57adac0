#include "simulations/methods/first_net.h"

#include "common/nn/backbone.h"

namespace consilium {

Result<MultiTaskNet> FirstNet(const NetSource& source, const RunPlan& plan, LoadedWeights* loaded) {
  if (source.weights.empty() && IsBackboneAlias(plan.backbone)) {
    return InvalidArgument("weights: backbone '" + plan.backbone + "' means " +
                           std::string(FindBackbone(plan.backbone).value()->name) +
                           " with weights of its own, expected --weights FILE");
  }
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, source.make(plan));
  if (source.weights.empty()) return net;
  const Result<const BackboneInfo*> info = FindBackbone(plan.backbone);
  const std::string_view classifier = info.ok() ? (*info)->classifier : std::string_view();
  const Result<LoadedWeights> weights = LoadBackboneWeights(*net, classifier, source.weights);
  if (!weights.ok()) return InvalidArgument("weights: " + weights.status().message());
  if (loaded != nullptr) *loaded = *weights;
  return net;
}

}  // namespace consilium
