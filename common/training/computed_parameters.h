/// The parameters of a network as a training step computes with them: those of convolutions and
/// linear layers in a shorter type, rounded once per step by the optimiser, over float32 masters.
/// Heads keep their own type, in which MultiTaskNet computes them.
///
///   {
///     ComputedParameters computed(*net, torch::kBFloat16);   // the net now holds rounded copies
///     FusedOptimizer optimizer(computed.all(), ...);
///     ... steps ...
///   }                                                        // the net holds its masters again
///
/// With the net's own type nothing is copied and master and computed parameter are one tensor.
/// Gradients are forgotten at both ends. Threads: the module's thread.
#pragma once

#include "common/training/fused_optimizer.h"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <vector>

namespace consilium {

class ComputedParameters {
 public:
  /// The masters are the net's parameters as they are.
  ComputedParameters(torch::nn::Module& net, torch::ScalarType type);
  ~ComputedParameters();
  ComputedParameters(const ComputedParameters&) = delete;
  ComputedParameters& operator=(const ComputedParameters&) = delete;

  /// In the order of net.parameters().
  const std::vector<OptimizedParameter>& all() const { return all_; }

 private:
  std::vector<OptimizedParameter> all_;
};

}  // namespace consilium
