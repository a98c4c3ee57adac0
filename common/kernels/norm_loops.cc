#include "common/kernels/norm_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

// Whatever a vectorised function calls is compiled into each of its clones.
#define CONSILIUM_INLINE [[gnu::always_inline]] inline
#define CONSILIUM_INLINED __attribute__((always_inline))  // of a lambda

namespace consilium {
namespace {

/// Channels summed at a time: their sums stay in the first-level cache.
constexpr std::int64_t kStrip = 512;
/// Rows per turn of a loop: what belongs to a channel is loaded and stored once for all of them.
constexpr int kTogether = 4;
/// Of wide rows of several matrices, four each would be more streams than processors prefetch.
constexpr std::int64_t kWidestTogether = 128;
constexpr std::int64_t kAnyWidth = std::numeric_limits<std::int64_t>::max();
/// One row in so many gives the pivot of the sums.
constexpr std::int64_t kRowsPerPivotRow = 16;

CONSILIUM_INLINE float Widen(BFloat16 value) { return Widened(value); }
CONSILIUM_INLINE float Widen(float value) { return value; }
CONSILIUM_INLINE double Widen(double value) { return value; }

template <typename T>
CONSILIUM_INLINE T Narrow(Wide<T> value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return Rounded(value);
  } else {
    return value;
  }
}

/// exp within 2e-7 of the value, in operations that compilers vectorise; ends at float's range.
CONSILIUM_INLINE float Exp(float x) {
  constexpr float kLowest = -87.0F;
  constexpr float kHighest = 88.0F;
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;  // exact in few bits: its multiples are exact too
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves no bits after the point
  x = x < kLowest ? kLowest : x;
  x = x > kHighest ? kHighest : x;
  const float shifted = x * kLog2E + kRound;
  const float power = shifted - kRound;
  const float rest = (x - power * kLn2High) - power * kLn2Low;
  float sum = 1.0F / 5040;
  sum = sum * rest + 1.0F / 720;
  sum = sum * rest + 1.0F / 120;
  sum = sum * rest + 1.0F / 24;
  sum = sum * rest + 1.0F / 6;
  sum = sum * rest + 0.5F;
  sum = sum * rest * rest + rest + 1.0F;
  // The low bits of `shifted` hold the power of two, which becomes the exponent.
  return sum * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3f800000U);
}
CONSILIUM_INLINE double Exp(double x) { return std::exp(x); }

template <Activation activation, typename W>
CONSILIUM_INLINE W Activated(W v) {
  switch (activation) {
    case Activation::kNone:
      return v;
    case Activation::kRelu:
      return v <= 0 ? 0 : v;
    case Activation::kRelu6:
      return v <= 0 ? 0 : (v >= 6 ? 6 : v);
    case Activation::kSilu:
      return v * (1 / (1 + Exp(-v)));  // GCC 12 vectorises this quotient better
  }
}

/// gradient * act'(v).
template <Activation activation, typename W>
CONSILIUM_INLINE W Sloped(W gradient, W v) {
  switch (activation) {
    case Activation::kNone:
      return gradient;
    case Activation::kRelu:
      return v <= 0 ? 0 : gradient;
    case Activation::kRelu6:
      return v <= 0 ? 0 : (v >= 6 ? 0 : gradient);
    case Activation::kSilu: {
      const W gate = 1 / (1 + Exp(-v));
      return gradient * gate * (1 + v * (1 - gate));
    }
  }
}

/// Calls `body` with the activation as a constant of the compiler's.
template <typename Body>
CONSILIUM_INLINE void ForActivation(Activation activation, const Body& body) {
  using enum Activation;
  switch (activation) {
    case kNone:
      return body(std::integral_constant<Activation, kNone>());
    case kRelu:
      return body(std::integral_constant<Activation, kRelu>());
    case kRelu6:
      return body(std::integral_constant<Activation, kRelu6>());
    case kSilu:
      return body(std::integral_constant<Activation, kSilu>());
  }
}

template <typename Body>
CONSILIUM_INLINE void ForBool(bool value, const Body& body) {
  return value ? body(std::true_type()) : body(std::false_type());
}

/// Calls `body(how many as a constant, the first)` until all rows had their turn. Rows of more than
/// `widest` channels go one by one.
template <typename Body>
CONSILIUM_INLINE void ForRows(Extent extent, std::int64_t widest, const Body& body) {
  const std::int64_t rows = extent.channels <= widest ? extent.rows : 0;
  std::int64_t row = 0;
  for (; row + kTogether <= rows; row += kTogether) {
    body(std::integral_constant<int, kTogether>(), row);
  }
  for (; row < extent.rows; ++row) body(std::integral_constant<int, 1>(), row);
}

/// The matrix from this row and channel on; no data stays no data.
template <typename T>
CONSILIUM_INLINE T* At(Rows<T> matrix, std::int64_t row, std::int64_t channel) {
  return matrix.data == nullptr ? nullptr : matrix.data + row * matrix.stride + channel;
}

template <typename W>
struct Sums {
  alignas(64) W first[kStrip];
  alignas(64) W second[kStrip];

  CONSILIUM_INLINE void Clear(std::int64_t width) {
    std::fill_n(first, width, W(0));
    std::fill_n(second, width, W(0));
  }
};

/// Sums of d = x - pivot and of d * d.
template <int rows, typename T>
CONSILIUM_INLINE void AddDeviations(const T* x, std::int64_t stride, std::int64_t width,
                                    const Wide<T>* pivot, Sums<Wide<T>>& sums) {
  using W = Wide<T>;
  W* __restrict first = sums.first;
  W* __restrict second = sums.second;
#pragma GCC ivdep
  for (std::int64_t c = 0; c < width; ++c) {
    W sum = 0;
    W squares = 0;
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      const W deviation = Widen(x[r * stride + c]) - pivot[c];
      sum += deviation;
      squares += deviation * deviation;
    }
    first[c] += sum;
    second[c] += squares;
  }
}

/// One pass, with sums of deviations from a pivot: the mean of k of the n rows. By Cauchy and
/// Schwarz (mean - pivot)^2 <= (n/k - 1) * variance, so that the subtraction below loses four bits
/// at most, whatever the mean.
template <typename T>
CONSILIUM_INLINE void MomentsOf(Extent extent, Rows<const T> x, double* mean, double* squares) {
  using W = Wide<T>;
  const auto rows = static_cast<double>(extent.rows);
  const std::int64_t pivot_rows = (extent.rows + kRowsPerPivotRow - 1) / kRowsPerPivotRow;
  alignas(64) W pivot[kStrip];
  Sums<W> sums;
  for (std::int64_t begin = 0; begin < extent.channels; begin += kStrip) {
    const std::int64_t width = std::min(kStrip, extent.channels - begin);
    std::fill_n(pivot, width, W(0));
    for (std::int64_t row = 0; row < pivot_rows; ++row) {
      const T* values = At(x, row, begin);
      for (std::int64_t c = 0; c < width; ++c) pivot[c] += Widen(values[c]);
    }
    for (std::int64_t c = 0; c < width; ++c) pivot[c] /= static_cast<W>(pivot_rows);
    sums.Clear(width);
    ForRows(extent, kAnyWidth, [&](auto together, std::int64_t row) CONSILIUM_INLINED {
      AddDeviations<together()>(At(x, row, begin), x.stride, width, pivot, sums);
    });
    for (std::int64_t c = 0; c < width; ++c) {
      const double sum = sums.first[c];
      mean[begin + c] = pivot[c] + sum / rows;
      squares[begin + c] = std::max(sums.second[c] - sum * sum / rows, 0.0);
    }
  }
}

template <Activation activation, bool with_residual, int rows, typename T>
CONSILIUM_INLINE void Apply(const T* x, std::int64_t x_stride, const Affine<Wide<T>>& affine,
                            const T* residual, std::int64_t residual_stride, T* y,
                            std::int64_t y_stride, std::int64_t channels) {
#pragma GCC ivdep
  for (std::int64_t c = 0; c < channels; ++c) {
    const Wide<T> centre = affine.centre[c];
    const Wide<T> scale = affine.scale[c];
    const Wide<T> shift = affine.shift[c];
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      Wide<T> v = (Widen(x[r * x_stride + c]) - centre) * scale + shift;
      if constexpr (with_residual) v += Widen(residual[r * residual_stride + c]);
      y[r * y_stride + c] = Narrow<T>(Activated<activation>(v));
    }
  }
}

template <typename T>
CONSILIUM_INLINE void ForwardOf(Extent extent, Rows<const T> x, const Affine<Wide<T>>& affine,
                                Activation activation, Rows<const T> residual, Rows<T> y) {
  ForActivation(activation, [&](auto chosen) CONSILIUM_INLINED {
    ForRows(extent, kWidestTogether, [&](auto together, std::int64_t row) CONSILIUM_INLINED {
      ForBool(residual.data != nullptr, [&](auto with_residual) CONSILIUM_INLINED {
        Apply<chosen(), with_residual(), together()>(At(x, row, 0), x.stride, affine,
                                                     At(residual, row, 0), residual.stride,
                                                     At(y, row, 0), y.stride, extent.channels);
      });
    });
  });
}

/// What one pass back over rows reads, from a row and channel on.
template <typename T>
struct Reading {
  const T* dy;
  const T* x;
  const T* y;
  std::int64_t dy_stride;
  std::int64_t x_stride;
  std::int64_t y_stride;

  CONSILIUM_INLINE Reading(const Incoming<T>& in, std::int64_t row, std::int64_t channel)
      : dy(At(in.dy, row, channel)),
        x(At(in.x, row, channel)),
        y(At(in.y, row, channel)),
        dy_stride(in.dy.stride),
        x_stride(in.x.stride),
        y_stride(in.y.stride) {}

  CONSILIUM_INLINE Wide<T> Deviation(int row, std::int64_t c, Wide<T> centre) const {
    return Widen(x[row * x_stride + c]) - centre;
  }
  /// dy * act'(v), with v from the deviation or, where a residual was added, the output for it.
  template <Activation activation, bool with_residual>
  CONSILIUM_INLINE Wide<T> Gradient(int row, std::int64_t c, Wide<T> deviation, Wide<T> scale,
                                    Wide<T> shift) const {
    const Wide<T> gradient = Widen(dy[row * dy_stride + c]);
    if constexpr (with_residual) {
      return Sloped<activation>(gradient, Widen(y[row * y_stride + c]));
    } else {
      return Sloped<activation>(gradient, deviation * scale + shift);
    }
  }
};

template <Activation activation, bool with_residual, bool with_out, int rows, typename T>
CONSILIUM_INLINE void AddGradients(const Reading<T>& in, const Affine<Wide<T>>& affine,
                                   std::int64_t width, Sums<Wide<T>>& sums, T* out,
                                   std::int64_t out_stride, const Wide<T>* factor) {
  using W = Wide<T>;
  W* __restrict first = sums.first;
  W* __restrict second = sums.second;
#pragma GCC ivdep
  for (std::int64_t c = 0; c < width; ++c) {
    W sum = 0;
    W product = 0;
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      const W deviation = in.Deviation(r, c, affine.centre[c]);
      const W gradient = in.template Gradient<activation, with_residual>(
          r, c, deviation, affine.scale[c], affine.shift[c]);
      sum += gradient;
      product += gradient * deviation;
      if constexpr (with_out) out[r * out_stride + c] = Narrow<T>(gradient * factor[c]);
    }
    first[c] += sum;
    second[c] += product;
  }
}

template <typename T>
CONSILIUM_INLINE Affine<T> From(const Affine<T>& affine, std::int64_t channel) {
  return {affine.centre + channel, affine.scale + channel, affine.shift + channel};
}

template <typename T>
CONSILIUM_INLINE void SumsOf(Extent extent, const Incoming<T>& in, const Affine<Wide<T>>& affine,
                             Activation activation, double* sum, double* product,
                             const Scaled<T>& out) {
  Sums<Wide<T>> sums;
  for (std::int64_t begin = 0; begin < extent.channels; begin += kStrip) {
    const std::int64_t width = std::min(kStrip, extent.channels - begin);
    sums.Clear(width);
    const auto add = [&](auto chosen, auto with_residual, auto with_out) CONSILIUM_INLINED {
      ForRows(extent, kWidestTogether, [&](auto together, std::int64_t row) CONSILIUM_INLINED {
        AddGradients<chosen(), with_residual(), with_out(), together()>(
            Reading<T>(in, row, begin), From(affine, begin), width, sums, At(out.rows, row, begin),
            out.rows.stride, out.factor + begin);
      });
    };
    ForActivation(activation, [&](auto chosen) CONSILIUM_INLINED {
      ForBool(in.y.data != nullptr, [&](auto with_residual) CONSILIUM_INLINED {
        ForBool(out.rows.data != nullptr,
                [&](auto with_out) CONSILIUM_INLINED { add(chosen, with_residual, with_out); });
      });
    });
    for (std::int64_t c = 0; c < width; ++c) {
      sum[begin + c] = sums.first[c];
      product[begin + c] = sums.second[c];
    }
  }
}

template <Activation activation, int rows, typename T>
CONSILIUM_INLINE void Return(const Reading<T>& in, const Affine<Wide<T>>& affine,
                             const InputGradient<Wide<T>>& gradient, T* dx, std::int64_t dx_stride,
                             std::int64_t channels) {
#pragma GCC ivdep
  for (std::int64_t c = 0; c < channels; ++c) {
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      const Wide<T> deviation = in.Deviation(r, c, affine.centre[c]);
      const Wide<T> g = in.template Gradient<activation, /*with_residual=*/false>(
          r, c, deviation, affine.scale[c], affine.shift[c]);
      dx[r * dx_stride + c] =
          Narrow<T>(g * gradient.of_gradient[c] + deviation * gradient.of_deviation[c] +
                    gradient.constant[c]);
    }
  }
}

template <typename T>
CONSILIUM_INLINE void BackwardOf(Extent extent, const Incoming<T>& in,
                                 const Affine<Wide<T>>& affine, Activation activation,
                                 const InputGradient<Wide<T>>& gradient, Rows<T> dx) {
  ForActivation(activation, [&](auto chosen) CONSILIUM_INLINED {
    ForRows(extent, kWidestTogether, [&](auto together, std::int64_t row) CONSILIUM_INLINED {
      Return<chosen(), together()>(Reading<T>(in, row, 0), affine, gradient, At(dx, row, 0),
                                   dx.stride, extent.channels);
    });
  });
}

}  // namespace

// Those of double are for comparisons and not worth the clones.

CONSILIUM_VECTORISED
void MergeMoments(std::int64_t channels, double rows, double more_rows, const double* more_mean,
                  const double* more_squares, double* mean, double* squares) {
  const double share = more_rows / (rows + more_rows);
#pragma GCC ivdep
  for (std::int64_t c = 0; c < channels; ++c) {
    const double apart = more_mean[c] - mean[c];
    mean[c] += apart * share;
    squares[c] += more_squares[c] + apart * apart * rows * share;
  }
}

CONSILIUM_VECTORISED
void BlockMoments(Extent extent, Rows<const BFloat16> x, double* mean, double* squares) {
  MomentsOf(extent, x, mean, squares);
}
CONSILIUM_VECTORISED
void BlockMoments(Extent extent, Rows<const float> x, double* mean, double* squares) {
  MomentsOf(extent, x, mean, squares);
}
void BlockMoments(Extent extent, Rows<const double> x, double* mean, double* squares) {
  MomentsOf(extent, x, mean, squares);
}
CONSILIUM_VECTORISED
void NormActForward(Extent extent, Rows<const BFloat16> x, const Affine<float>& affine,
                    Activation activation, Rows<const BFloat16> residual, Rows<BFloat16> y) {
  ForwardOf(extent, x, affine, activation, residual, y);
}
CONSILIUM_VECTORISED
void NormActForward(Extent extent, Rows<const float> x, const Affine<float>& affine,
                    Activation activation, Rows<const float> residual, Rows<float> y) {
  ForwardOf(extent, x, affine, activation, residual, y);
}
void NormActForward(Extent extent, Rows<const double> x, const Affine<double>& affine,
                    Activation activation, Rows<const double> residual, Rows<double> y) {
  ForwardOf(extent, x, affine, activation, residual, y);
}
CONSILIUM_VECTORISED
void NormActBackwardSums(Extent extent, const Incoming<BFloat16>& in, const Affine<float>& affine,
                         Activation activation, double* sum, double* product,
                         const Scaled<BFloat16>& out) {
  SumsOf(extent, in, affine, activation, sum, product, out);
}
CONSILIUM_VECTORISED
void NormActBackwardSums(Extent extent, const Incoming<float>& in, const Affine<float>& affine,
                         Activation activation, double* sum, double* product,
                         const Scaled<float>& out) {
  SumsOf(extent, in, affine, activation, sum, product, out);
}
void NormActBackwardSums(Extent extent, const Incoming<double>& in, const Affine<double>& affine,
                         Activation activation, double* sum, double* product,
                         const Scaled<double>& out) {
  SumsOf(extent, in, affine, activation, sum, product, out);
}
CONSILIUM_VECTORISED
void NormActBackward(Extent extent, const Incoming<BFloat16>& in, const Affine<float>& affine,
                     Activation activation, const InputGradient<float>& gradient,
                     Rows<BFloat16> dx) {
  BackwardOf(extent, in, affine, activation, gradient, dx);
}
CONSILIUM_VECTORISED
void NormActBackward(Extent extent, const Incoming<float>& in, const Affine<float>& affine,
                     Activation activation, const InputGradient<float>& gradient, Rows<float> dx) {
  BackwardOf(extent, in, affine, activation, gradient, dx);
}
void NormActBackward(Extent extent, const Incoming<double>& in, const Affine<double>& affine,
                     Activation activation, const InputGradient<double>& gradient,
                     Rows<double> dx) {
  BackwardOf(extent, in, affine, activation, gradient, dx);
}

}  // namespace consilium
