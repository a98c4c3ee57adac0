#include "common/kernels/norm_elements.h"

#include <algorithm>

namespace consilium {
namespace {

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
