/// What the loops of norm_loops.h do with one element, one activation and a few rows: parts of
/// vectorised functions, compiled into each of their clones.
/// Threads: stateless.
#pragma once

#include "common/kernels/norm_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#define CONSILIUM_INLINE [[gnu::always_inline]] inline
#define CONSILIUM_INLINED __attribute__((always_inline))  // of a lambda

namespace consilium {

/// Channels summed at a time: their sums stay in the first-level cache.
inline constexpr std::int64_t kStrip = 512;
/// Rows per turn of a loop: what belongs to a channel is loaded and stored once for all of them.
inline constexpr int kTogether = 4;
/// Of wide rows of several matrices, four each would be more streams than processors prefetch.
inline constexpr std::int64_t kWidestTogether = 128;
inline constexpr std::int64_t kAnyWidth = std::numeric_limits<std::int64_t>::max();

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

/// What is known of the channels from one on.
template <typename T>
CONSILIUM_INLINE Affine<T> From(const Affine<T>& affine, std::int64_t channel) {
  return {affine.centre + channel, affine.scale + channel, affine.shift + channel};
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

}  // namespace consilium
