/// Steps of optimisers by LibTorch's operations over lists of tensors, on any device: what
/// FusedOptimizer does where common/kernels/optimizer_loops.h does not reach.
///
/// Shapes   lists of equal length, not empty; entry i of each has the shape of masters[i].
/// Types    gradients and moments are of the master's type.
/// Factors  one for each tensor; tensors differ in their number of steps only, so of `step` and
///          `root_scale` each tensor's is read, and of all others the first one's.
/// Errors   c10::Error. Threads: the tensors' thread.
#pragma once

#include "common/kernels/optimizer_loops.h"

#include <torch/types.h>

#include <vector>

namespace consilium {

struct TensorLists {
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> masters;
  std::vector<torch::Tensor> first;   ///< Adam; SGD with momentum
  std::vector<torch::Tensor> second;  ///< Adam
};

void PlainAdam(const TensorLists& lists, const std::vector<AdamFactors>& factors);
void PlainSgd(const TensorLists& lists, const SgdFactors& factors);

/// False if any value is infinite or not a number. One wait for the device, not one per tensor.
bool PlainAllFinite(const std::vector<torch::Tensor>& tensors);

}  // namespace consilium
