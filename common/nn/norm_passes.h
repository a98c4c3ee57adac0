/// The passes of a batch normalisation over channels-last tensors: common/kernels/norm_loops.h on
/// all threads, block by block.
///
/// Shapes   images [N, C, H, W] whose channels lie side by side (RowsApart has a value), a slice of
///          channels included; bfloat16, float32 or float64, all of one type in a call.
///          PerChannel: C values.
/// Bits     depend on neither threads nor their number: blocks are a function of the shape, and
///          their sums are merged in order, in double.
/// Errors   LibTorch's. Threads: calls on different tensors may run at the same time.
#pragma once

#include "common/kernels/activation.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace consilium {

using PerChannel = std::vector<double>;

PerChannel ValuesOf(const torch::Tensor& channels);
torch::Tensor FromValues(const PerChannel& values, torch::ScalarType type);

/// How far apart the pixels lie, in elements, if the passes can read `images`.
std::optional<std::int64_t> RowsApart(const torch::Tensor& images);
/// `images` in this type, as the passes read them: itself or a channels-last copy.
torch::Tensor InRows(const torch::Tensor& images, torch::ScalarType type);
/// Memory for a result in the shape, type and layout of `images`.
torch::Tensor RowsLike(const torch::Tensor& images);

/// Of each channel over all pixels.
struct BatchMoments {
  std::int64_t pixels = 0;
  PerChannel mean;
  PerChannel variance;  ///< the squared deviations' mean, without Bessel's correction
};
BatchMoments MomentsOf(const torch::Tensor& x);

/// v = (x - mean) * scale + shift.
struct ChannelAffine {
  PerChannel mean;
  PerChannel scale;
  PerChannel shift;
};

/// y = activation(v + residual). `y` may be a slice of a wider tensor, `residual` undefined.
void ApplyNorm(const torch::Tensor& x, const ChannelAffine& affine, Activation activation,
               const torch::Tensor& residual, const torch::Tensor& y);

/// Sums over pixels of g = dy * activation'(v) and of g * (x - mean).
struct GradientSums {
  PerChannel gradient;
  PerChannel product;
};
/// `y`, what ApplyNorm wrote, is given if there was a residual. `out`, unless undefined, gets
/// g * factor.
GradientSums SumGradients(const torch::Tensor& dy, const torch::Tensor& x, const torch::Tensor& y,
                          const ChannelAffine& affine, Activation activation,
                          const torch::Tensor& out, const PerChannel& factor);

/// dx = g * of_gradient + (x - mean) * of_deviation + constant.
struct InputCoefficients {
  PerChannel of_gradient;
  PerChannel of_deviation;
  PerChannel constant;
};
void ApplyInputGradient(const torch::Tensor& dy, const torch::Tensor& x,
                        const ChannelAffine& affine, Activation activation,
                        const InputCoefficients& coefficients, const torch::Tensor& dx);

}  // namespace consilium
