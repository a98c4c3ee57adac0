#include "common/kernels/norm_elements.h"

#include <algorithm>

namespace consilium {
namespace {

/// One row in so many gives the pivot of the sums.
constexpr std::int64_t kRowsPerPivotRow = 16;

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

}  // namespace consilium
