/// One step of an optimiser over a block of one parameter: every value is read and written once.
///
/// `gradient` is multiplied by gradient_scale as it is read. `master` holds the values that are
/// stepped; where the network computes with rounded copies (bfloat16), `computed` gets them.
/// Arrays do not overlap. Elements are independent: how a parameter is split into blocks changes no
/// bit.
/// Threads: pure.
/// Source: Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (AdamW); the formulas and their
/// order are those of torch.optim.
#pragma once

#include "common/kernels/bfloat16.h"

#include <cstdint>

namespace consilium {

/// Of one step of one parameter, t counted from 1.
struct AdamFactors {
  double gradient_scale = 1;
  double decay = 0;   ///< times the value, added to the gradient (Adam)
  double shrink = 1;  ///< the value is multiplied by it first (AdamW: 1 - rate * decay)
  double beta1 = 0.9;
  double beta2 = 0.999;
  double step_size = 0;        ///< rate / (1 - beta1^t)
  double root_correction = 1;  ///< sqrt(1 - beta2^t)
  double epsilon = 1e-8;
};

void StepAdam(const AdamFactors& factors, std::int64_t count, const float* gradient, float* master,
              float* first_moment, float* second_moment);
void StepAdam(const AdamFactors& factors, std::int64_t count, const double* gradient,
              double* master, double* first_moment, double* second_moment);
void StepAdam(const AdamFactors& factors, std::int64_t count, const BFloat16* gradient,
              float* master, float* first_moment, float* second_moment, BFloat16* computed);

struct SgdFactors {
  double gradient_scale = 1;
  double decay = 0;     ///< times the value, added to the gradient
  double momentum = 0;  ///< times the velocity, which is 0 before the first step
  double rate = 0;
};

/// Without momentum `velocity` may be null.
void StepSgd(const SgdFactors& factors, std::int64_t count, const float* gradient, float* master,
             float* velocity);
void StepSgd(const SgdFactors& factors, std::int64_t count, const double* gradient, double* master,
             double* velocity);
void StepSgd(const SgdFactors& factors, std::int64_t count, const BFloat16* gradient, float* master,
             float* velocity, BFloat16* computed);

}  // namespace consilium
