#include "common/kernels/optimizer_loops.h"

#include <cmath>

namespace consilium {
namespace {

[[gnu::always_inline]] inline float Widened(float value) { return value; }
[[gnu::always_inline]] inline double Widened(double value) { return value; }

/// Where master and computed parameter are one.
struct NoCopy {};
[[gnu::always_inline]] inline void Keep(NoCopy /*copy*/, std::int64_t /*i*/, double /*value*/) {}
[[gnu::always_inline]] inline void Keep(BFloat16* copy, std::int64_t i, float value) {
  copy[i] = Rounded(value);
}

// GCC may assume that the arrays do not overlap: they are different tensors.
#define CONSILIUM_INDEPENDENT _Pragma("GCC ivdep")

template <typename S, typename G, typename C>
[[gnu::always_inline]] inline void AdamLoop(const AdamFactors& f, std::int64_t count,
                                            const G* gradient, S* master, S* first, S* second,
                                            C computed) {
  const S scale = static_cast<S>(f.gradient_scale);
  const S decay = static_cast<S>(f.decay);
  const S shrink = static_cast<S>(f.shrink);
  const S beta1 = static_cast<S>(f.beta1);
  const S rest1 = static_cast<S>(1 - f.beta1);
  const S beta2 = static_cast<S>(f.beta2);
  const S rest2 = static_cast<S>(1 - f.beta2);
  const S step = static_cast<S>(f.step_size);
  const S root = static_cast<S>(f.root_correction);
  const S epsilon = static_cast<S>(f.epsilon);
  CONSILIUM_INDEPENDENT
  for (std::int64_t i = 0; i < count; ++i) {
    const S value = master[i] * shrink;
    const S g = Widened(gradient[i]) * scale + decay * value;
    const S m = first[i] * beta1 + rest1 * g;
    const S v = second[i] * beta2 + rest2 * g * g;
    const S next = value - step * (m / (std::sqrt(v) / root + epsilon));
    first[i] = m;
    second[i] = v;
    master[i] = next;
    Keep(computed, i, next);
  }
}

template <typename S, typename G, typename C>
[[gnu::always_inline]] inline void SgdLoop(const SgdFactors& f, std::int64_t count,
                                           const G* gradient, S* master, S* velocity, C computed) {
  const S scale = static_cast<S>(f.gradient_scale);
  const S decay = static_cast<S>(f.decay);
  const S momentum = static_cast<S>(f.momentum);
  const S rate = static_cast<S>(f.rate);
  if (velocity == nullptr) {
    CONSILIUM_INDEPENDENT
    for (std::int64_t i = 0; i < count; ++i) {
      const S g = Widened(gradient[i]) * scale + decay * master[i];
      const S next = master[i] - rate * g;
      master[i] = next;
      Keep(computed, i, next);
    }
    return;
  }
  CONSILIUM_INDEPENDENT
  for (std::int64_t i = 0; i < count; ++i) {
    const S g = Widened(gradient[i]) * scale + decay * master[i];
    const S v = velocity[i] * momentum + g;
    const S next = master[i] - rate * v;
    velocity[i] = v;
    master[i] = next;
    Keep(computed, i, next);
  }
}

}  // namespace

CONSILIUM_VECTORISED
void StepAdam(const AdamFactors& factors, std::int64_t count, const float* gradient, float* master,
              float* first_moment, float* second_moment) {
  AdamLoop(factors, count, gradient, master, first_moment, second_moment, NoCopy());
}

CONSILIUM_VECTORISED
void StepAdam(const AdamFactors& factors, std::int64_t count, const double* gradient,
              double* master, double* first_moment, double* second_moment) {
  AdamLoop(factors, count, gradient, master, first_moment, second_moment, NoCopy());
}

CONSILIUM_VECTORISED
void StepAdam(const AdamFactors& factors, std::int64_t count, const BFloat16* gradient,
              float* master, float* first_moment, float* second_moment, BFloat16* computed) {
  AdamLoop(factors, count, gradient, master, first_moment, second_moment, computed);
}

CONSILIUM_VECTORISED
void StepSgd(const SgdFactors& factors, std::int64_t count, const float* gradient, float* master,
             float* velocity) {
  SgdLoop(factors, count, gradient, master, velocity, NoCopy());
}

CONSILIUM_VECTORISED
void StepSgd(const SgdFactors& factors, std::int64_t count, const double* gradient, double* master,
             double* velocity) {
  SgdLoop(factors, count, gradient, master, velocity, NoCopy());
}

CONSILIUM_VECTORISED
void StepSgd(const SgdFactors& factors, std::int64_t count, const BFloat16* gradient, float* master,
             float* velocity, BFloat16* computed) {
  SgdLoop(factors, count, gradient, master, velocity, computed);
}

}  // namespace consilium
