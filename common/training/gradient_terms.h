/// What a federated method adds to every gradient before the optimiser's step.
///
///   gradient + mu (parameter - anchor) + shift
/// The first is the gradient of FedProx's mu / 2 ||w - anchor||^2, the second SCAFFOLD's c - c_s. A
/// parameter without a gradient gets none: an absent task's head stays as it is.
/// Errors: kInvalidArgument for an entry that the network does not have. Threads: the net's thread.
/// Source: Li et al. 2020 (arXiv 1812.06127), Karimireddy et al. 2020 (arXiv 1910.06378).
#pragma once

#include "common/base/result.h"
#include "common/federation/parameter_blob.h"
#include "common/training/fused_optimizer.h"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <vector>

namespace consilium {

struct GradientTerms {
  double proximal_mu = 0;
  ParameterBlob anchor;  ///< entries of parameters by their names; others are not pulled
  ParameterBlob shift;   ///< likewise
};

class AddedGradients {
 public:
  /// Copies to the net's device.
  static Result<AddedGradients> Create(const torch::nn::Module& net, const GradientTerms& terms);
  /// To gradients that are multiplied by `scale`. `parameters` in the order of net.parameters().
  void AddTo(std::vector<OptimizedParameter>& parameters, double scale) const;

 private:
  double mu_ = 0;
  std::vector<torch::Tensor> anchors_;  // per parameter, undefined where there is none; or empty
  std::vector<torch::Tensor> shifts_;   // likewise
};

}  // namespace consilium
