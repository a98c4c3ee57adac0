/// Initial values of parameters, each drawn from a generator that the caller hands in.
///
/// LibTorch's own torch::nn::init draws from its global generator, which networks in parallel
/// threads would share. `value` is float32 on the CPU, so that a seed gives the same numbers
/// whatever the network's type and device.
/// Threads: as `value` and `generator`. Source: torch.nn.init.
#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <string_view>

namespace consilium {

enum class Fan : std::uint8_t { kIn, kOut };

at::Generator MakeGenerator(std::uint64_t seed);

/// How many values one output (kIn) or one input (kOut) of a layer meets. Requires two dimensions.
double FanOf(const torch::Tensor& weight, Fan fan);

/// Uniform in [-bound, bound].
void FillUniform(torch::Tensor& value, double bound, at::Generator generator);
/// Scales of normalisations 1, biases 0.
void FillVector(std::string_view name, torch::Tensor& value);

/// A convolutional network as torchvision begins it: weights of convolutions Kaiming-normal for
/// ReLU (variance 2 / fan), the rest as FillVector().
void FillConvolutional(std::string_view name, torch::Tensor& value, Fan fan,
                       at::Generator generator);
/// Uniform in [-b, b], b = sqrt(6 / (fan in + fan out)). Requires two dimensions or more.
void FillXavierUniform(torch::Tensor& value, at::Generator generator);

}  // namespace consilium
