/// How images and weights lie in memory while computing: channels-last, where LibTorch
/// convolves faster (resnet18 on one core: 18 % at 64 pixels, 3 % at 224). Values do
/// not change. float64, which tests alone use, stays contiguous.
/// Threads: the module's thread.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

namespace consilium {

/// The type in which the module computes: that of its first parameter.
torch::ScalarType ComputeType(const torch::nn::Module& net);
/// Rearranges the convolution weights; does nothing the second time.
void ArrangeWeights(torch::nn::Module& net);
/// How images of a type should lie.
torch::MemoryFormat LayoutFor(torch::ScalarType type);

}  // namespace consilium
