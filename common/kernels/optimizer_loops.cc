#include "common/kernels/optimizer_loops.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace consilium {
namespace {

struct NoCopy {};

template <typename Scalar>
[[gnu::always_inline]] inline Scalar Read(Scalar value) {
  return value;
}
[[gnu::always_inline]] inline float Read(BFloat16 value) { return Widened(value); }

template <typename Scalar>
[[gnu::always_inline]] inline void Write(NoCopy*, std::size_t, Scalar) {}
[[gnu::always_inline]] inline void Write(BFloat16* copy, std::size_t i, float value) {
  copy[i] = Rounded(value);
}

template <typename Scalar, typename Gradient, typename Copy>
[[gnu::always_inline]] inline void Adam(const AdamFactors& factors,
                                        const Gradient* __restrict gradient,
                                        Scalar* __restrict master, Scalar* __restrict first,
                                        Scalar* __restrict second, Copy* __restrict copy,
                                        std::size_t count) {
  const auto scale = static_cast<Scalar>(factors.gradient_scale);
  const auto decay = static_cast<Scalar>(factors.decay);
  const auto kept = static_cast<Scalar>(factors.kept);
  const auto beta1 = static_cast<Scalar>(factors.beta1);
  const auto beta2 = static_cast<Scalar>(factors.beta2);
  const auto rest1 = static_cast<Scalar>(1 - factors.beta1);
  const auto rest2 = static_cast<Scalar>(1 - factors.beta2);
  const auto step = static_cast<Scalar>(factors.step);
  const auto root_scale = static_cast<Scalar>(factors.root_scale);
  const auto epsilon = static_cast<Scalar>(factors.epsilon);
  for (std::size_t i = 0; i < count; ++i) {
    const Scalar before = master[i];
    const Scalar slope = Read(gradient[i]) * scale + before * decay;
    const Scalar mean = first[i] * beta1 + slope * rest1;
    const Scalar square = second[i] * beta2 + slope * slope * rest2;
    const Scalar after = before * kept - step * mean / (std::sqrt(square) * root_scale + epsilon);
    first[i] = mean;
    second[i] = square;
    master[i] = after;
    Write(copy, i, after);
  }
}

template <bool kWithMomentum, typename Scalar, typename Gradient, typename Copy>
[[gnu::always_inline]] inline void SgdLoop(const SgdFactors& factors,
                                           const Gradient* __restrict gradient,
                                           Scalar* __restrict master, Scalar* __restrict moment,
                                           Copy* __restrict copy, std::size_t count) {
  const auto scale = static_cast<Scalar>(factors.gradient_scale);
  const auto decay = static_cast<Scalar>(factors.decay);
  const auto momentum = static_cast<Scalar>(factors.momentum);
  const auto learning_rate = static_cast<Scalar>(factors.learning_rate);
  for (std::size_t i = 0; i < count; ++i) {
    const Scalar before = master[i];
    Scalar slope = Read(gradient[i]) * scale + before * decay;
    if constexpr (kWithMomentum) {
      slope = moment[i] * momentum + slope;
      moment[i] = slope;
    }
    const Scalar after = before - learning_rate * slope;
    master[i] = after;
    Write(copy, i, after);
  }
}

template <typename Scalar, typename Gradient, typename Copy>
[[gnu::always_inline]] inline void Sgd(const SgdFactors& factors, const Gradient* gradient,
                                       Scalar* master, Scalar* moment, Copy* copy,
                                       std::size_t count) {
  if (factors.momentum != 0) {
    SgdLoop<true>(factors, gradient, master, moment, copy, count);
  } else {
    SgdLoop<false>(factors, gradient, master, moment, copy, count);
  }
}

/// An exponent of ones only is an infinity or a NaN. No early end: a loop that never leaves is
/// vectorised, and nearly always there is nothing to find.
template <typename Bits, typename Value>
[[gnu::always_inline]] inline bool NoFullExponent(const Value* values, std::size_t count,
                                                  Bits exponent) {
  Bits found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool full = (std::bit_cast<Bits>(values[i]) & exponent) == exponent;
    found = static_cast<Bits>(found | static_cast<Bits>(full));
  }
  return found == 0;
}

constexpr NoCopy* kNoCopy = nullptr;

}  // namespace

CONSILIUM_VECTORISED
void StepAdam(const AdamFactors& factors, const float* gradient, float* master, float* first,
              float* second, std::size_t count) {
  Adam(factors, gradient, master, first, second, kNoCopy, count);
}
CONSILIUM_VECTORISED
void StepAdam(const AdamFactors& factors, const double* gradient, double* master, double* first,
              double* second, std::size_t count) {
  Adam(factors, gradient, master, first, second, kNoCopy, count);
}
CONSILIUM_VECTORISED
void StepAdam(const AdamFactors& factors, const BFloat16* gradient, float* master, float* first,
              float* second, BFloat16* copy, std::size_t count) {
  Adam(factors, gradient, master, first, second, copy, count);
}

CONSILIUM_VECTORISED
void StepSgd(const SgdFactors& factors, const float* gradient, float* master, float* moment,
             std::size_t count) {
  Sgd(factors, gradient, master, moment, kNoCopy, count);
}
CONSILIUM_VECTORISED
void StepSgd(const SgdFactors& factors, const double* gradient, double* master, double* moment,
             std::size_t count) {
  Sgd(factors, gradient, master, moment, kNoCopy, count);
}
CONSILIUM_VECTORISED
void StepSgd(const SgdFactors& factors, const BFloat16* gradient, float* master, float* moment,
             BFloat16* copy, std::size_t count) {
  Sgd(factors, gradient, master, moment, copy, count);
}

CONSILIUM_VECTORISED
bool AllFinite(const float* values, std::size_t count) {
  return NoFullExponent<std::uint32_t>(values, count, 0x7f800000U);
}
CONSILIUM_VECTORISED
bool AllFinite(const double* values, std::size_t count) {
  return NoFullExponent<std::uint64_t>(values, count, 0x7ff0000000000000U);
}
CONSILIUM_VECTORISED
bool AllFinite(const BFloat16* values, std::size_t count) {
  return NoFullExponent<std::uint16_t>(values, count, 0x7f80U);
}

}  // namespace consilium
