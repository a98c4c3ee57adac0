/// Batch normalisation, residual addition and activation over rows of channels.
///
///   BlockMoments         mean and squared deviations of a block of rows
///   MergeMoments         of two sets of rows (Chan, Golub, LeVeque)
///   NormActForward       y = act(v),  v = (x - centre) * scale + shift + residual
///   NormActBackwardSums  sums of g = dy * act'(v) and of g * (x - centre);  out = g * factor
///   NormActBackward      dx = g * of_gradient + (x - centre) * of_deviation + constant
///
/// Shapes   a matrix is `rows` rows of `channels` adjacent values, `stride` >= channels values apart: a
///          channels-last image of any number of pixels, or a slice of its channels.
/// Types    BFloat16, float, double; computes in Wide<T>: float for the first two, sums of a block
///          too, so blocks are a few hundred rows and callers merge them in double.
/// Slope    act'(v) comes from v, computed anew; with a residual, which is not kept, from the output
///          `y` (for kRelu and kRelu6 the same).
/// NaN      passes through every activation, as in LibTorch.
/// Requires matrices that do not overlap, other than by being the same. Threads: pure.
#pragma once

#include "common/kernels/activation.h"
#include "common/kernels/bfloat16.h"

#include <cstdint>
#include <type_traits>

namespace consilium {

template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

struct Extent {
  std::int64_t rows = 0;
  std::int64_t channels = 0;
};

/// A matrix of an extent given elsewhere; without data where an argument is optional.
template <typename T>
struct Rows {
  T* data = nullptr;
  std::int64_t stride = 0;
};

/// v = (x - centre) * scale + shift; one value per channel each.
template <typename T>
struct Affine {
  const T* centre;
  const T* scale;
  const T* shift;
};

/// dx = g * of_gradient + (x - centre) * of_deviation + constant; one value per channel each.
template <typename T>
struct InputGradient {
  const T* of_gradient;
  const T* of_deviation;
  const T* constant;
};

/// Gradients on their way back: of the output, then what the slope is found from.
template <typename T>
struct Incoming {
  Rows<const T> dy;
  Rows<const T> x;
  Rows<const T> y;  ///< the output, if a residual was added
};

/// Where g * factor goes, if there is data; one factor per channel.
template <typename T>
struct Scaled {
  Rows<T> rows;
  const Wide<T>* factor = nullptr;
};

/// Per channel: the mean, and the sum of squared deviations from it. Requires rows >= 1.
void BlockMoments(Extent extent, Rows<const BFloat16> x, double* mean, double* squares);
void BlockMoments(Extent extent, Rows<const float> x, double* mean, double* squares);
void BlockMoments(Extent extent, Rows<const double> x, double* mean, double* squares);

/// The moments of `rows` and `more_rows` rows together, in place of the former's.
void MergeMoments(std::int64_t channels, double rows, double more_rows, const double* more_mean,
                  const double* more_squares, double* mean, double* squares);

/// `residual` may be without data. Requires none with kSilu.
void NormActForward(Extent extent, Rows<const BFloat16> x, const Affine<float>& affine,
                    Activation activation, Rows<const BFloat16> residual, Rows<BFloat16> y);
void NormActForward(Extent extent, Rows<const float> x, const Affine<float>& affine,
                    Activation activation, Rows<const float> residual, Rows<float> y);
void NormActForward(Extent extent, Rows<const double> x, const Affine<double>& affine,
                    Activation activation, Rows<const double> residual, Rows<double> y);

/// Per channel: `sum` of g, `product` of g * (x - centre).
void NormActBackwardSums(Extent extent, const Incoming<BFloat16>& in, const Affine<float>& affine,
                         Activation activation, double* sum, double* product,
                         const Scaled<BFloat16>& out);
void NormActBackwardSums(Extent extent, const Incoming<float>& in, const Affine<float>& affine,
                         Activation activation, double* sum, double* product,
                         const Scaled<float>& out);
void NormActBackwardSums(Extent extent, const Incoming<double>& in, const Affine<double>& affine,
                         Activation activation, double* sum, double* product,
                         const Scaled<double>& out);

/// Without a residual; with one, the g that NormActBackwardSums wrote is `dy`, without activation.
void NormActBackward(Extent extent, const Incoming<BFloat16>& in, const Affine<float>& affine,
                     Activation activation, const InputGradient<float>& gradient,
                     Rows<BFloat16> dx);
void NormActBackward(Extent extent, const Incoming<float>& in, const Affine<float>& affine,
                     Activation activation, const InputGradient<float>& gradient, Rows<float> dx);
void NormActBackward(Extent extent, const Incoming<double>& in, const Affine<double>& affine,
                     Activation activation, const InputGradient<double>& gradient, Rows<double> dx);

}  // namespace consilium
