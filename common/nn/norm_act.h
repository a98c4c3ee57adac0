/// Batch normalisation, residual addition and activation as one operation.
///
///   out = NormAct(*bn1_, conv1_(x), Activation::kRelu);
///   return NormAct(*bn2_, conv2_(out), Activation::kRelu, /*residual=*/x);
///
/// In training mode on the CPU, over channels-last images of float32 or bfloat16 (or float64 with a
/// float64 module), it reads `x` twice and writes the result once, each way, where LibTorch's
/// operations read and write it for each of their steps; docs/decisions/0009. Otherwise it is
/// LibTorch's operations, to the bit, and can be traced.
/// Shapes   x, residual, result: [N, C, H, W].
/// Types    x decides the result's; a residual of another type is converted. Weight, bias and
///          running statistics keep theirs.
/// Bits     do not depend on the number of threads.
/// Memory   keeps x and, with a residual, the result for the gradient, which has none of its own
///          (no second derivatives).
/// Errors   LibTorch's. Threads: the module's.
#pragma once

#include "common/kernels/activation.h"
#include "common/nn/norm_passes.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace consilium {

/// activation(norm(x) + residual). May overwrite neither argument.
torch::Tensor NormAct(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                      Activation activation, const torch::Tensor& residual = {});

/// A normalisation and its activation for a Sequential, with the names of a BatchNorm2d. (Not derived
/// from it: LibTorch does not export what its virtual table needs.)
class NormLayerImpl : public torch::nn::Module {
 public:
  NormLayerImpl(std::int64_t channels, Activation activation)
      : norm_(channels), activation_(activation) {
    for (const auto& entry : norm_->named_parameters()) {
      register_parameter(entry.key(), entry.value());
    }
    for (const auto& entry : norm_->named_buffers()) register_buffer(entry.key(), entry.value());
  }
  torch::Tensor forward(const torch::Tensor& x) { return NormAct(*norm_, x, activation_); }
  void train(bool on = true) override {
    Module::train(on);
    norm_->train(on);
  }

 private:
  torch::nn::BatchNorm2d norm_;  // not registered: its tensors are this module's
  Activation activation_;
};
TORCH_MODULE(NormLayer);

/// Whether `norm` would take batch statistics of `x` and the fused passes can compute them.
bool CanFuse(const torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x);

/// Enters a batch into running mean, running variance and the number of batches, as LibTorch does;
/// not a second time where a part is computed again (checkpoint.h).
void TrackMoments(torch::nn::BatchNorm2dImpl& norm, const BatchMoments& moments);

/// (x - mean) / sqrt(variance + epsilon), with the gradient through `moments`, those of x. Requires
/// RowsApart(x).
torch::Tensor Standardised(const torch::Tensor& x, const BatchMoments& moments, double epsilon);

}  // namespace consilium
