#include "common/training/plain_optimizer.h"

#include <torch/types.h>

#include <limits>

namespace consilium {
namespace {

std::vector<torch::Tensor> ScaledAndDecayed(const TensorLists& lists, double scale, double decay) {
  std::vector<torch::Tensor> gradients = lists.gradients;
  if (scale != 1) gradients = at::_foreach_mul(gradients, scale);
  if (decay != 0) gradients = at::_foreach_add(gradients, lists.masters, decay);
  return gradients;
}

}  // namespace

void PlainAdam(const TensorLists& lists, const std::vector<AdamFactors>& factors) {
  const AdamFactors& all = factors.front();
  const auto gradients = ScaledAndDecayed(lists, all.gradient_scale, all.decay);
  if (all.kept != 1) at::_foreach_mul_(lists.masters, all.kept);
  at::_foreach_mul_(lists.first, all.beta1);
  at::_foreach_add_(lists.first, gradients, 1 - all.beta1);
  at::_foreach_mul_(lists.second, all.beta2);
  at::_foreach_addcmul_(lists.second, gradients, gradients, 1 - all.beta2);
  std::vector<at::Scalar> root_scales;
  std::vector<at::Scalar> steps;
  root_scales.reserve(factors.size());
  steps.reserve(factors.size());
  for (const AdamFactors& one : factors) {
    root_scales.emplace_back(one.root_scale);
    steps.emplace_back(-one.step);
  }
  const auto denominators = at::_foreach_sqrt(lists.second);
  at::_foreach_mul_(denominators, root_scales);
  at::_foreach_add_(denominators, all.epsilon);
  at::_foreach_addcdiv_(lists.masters, lists.first, denominators, steps);
}

void PlainSgd(const TensorLists& lists, const SgdFactors& factors) {
  auto gradients = ScaledAndDecayed(lists, factors.gradient_scale, factors.decay);
  if (factors.momentum != 0) {
    at::_foreach_mul_(lists.first, factors.momentum);
    at::_foreach_add_(lists.first, gradients, 1);
    gradients = lists.first;
  }
  at::_foreach_add_(lists.masters, gradients, -factors.learning_rate);
}

bool PlainAllFinite(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> largest;
  largest.reserve(tensors.size());
  for (const torch::Tensor& tensor : tensors) {
    // The maximum of absolute values is NaN where any is, and cannot overflow.
    if (tensor.numel() > 0) largest.push_back(tensor.abs().max().to(torch::kFloat64));
  }
  return largest.empty() || torch::stack(largest).isfinite().all().item<bool>();
}

}  // namespace consilium
