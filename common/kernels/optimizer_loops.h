/// Steps of optimisers over one block of one parameter, in one pass over memory.
///
///   gradient, master, moments -> master, moments and, beside a wider master, the rounded copy
///
/// Formulas  those of torch.optim's Adam, AdamW and SGD (no AMSGrad, dampening or Nesterov). Moments
///           start at zero. What depends on the step's number is the caller's, computed in double.
/// Types     all float32, all float64, or a float32 master with bfloat16 gradients and copy; sums
///           and products are in the master's type.
/// Bits      an element's result depends on neither the block it is in nor the instruction set.
/// Memory    blocks of `count` elements that do not overlap; no alignment is needed.
/// Threads   pure; blocks that do not overlap may be stepped concurrently.
/// Source    arXiv 1412.6980 (Adam), 1711.05101 (AdamW).
#pragma once

#include "common/kernels/bfloat16.h"

#include <cstddef>

namespace consilium {

struct AdamFactors {
  double gradient_scale = 1;  ///< multiplies the gradient as it is read
  double decay = 0;           ///< times the parameter, added to the gradient (Adam)
  double kept = 1;            ///< multiplies the parameter before the step (AdamW)
  double beta1 = 0.9;
  double beta2 = 0.999;
  double step = 0;        ///< learning rate / (1 - beta1^t)
  double root_scale = 1;  ///< 1 / sqrt(1 - beta2^t)
  double epsilon = 1e-8;
};

struct SgdFactors {
  double gradient_scale = 1;
  double decay = 0;
  double momentum = 0;
  double learning_rate = 0;
};

void StepAdam(const AdamFactors& factors, const float* gradient, float* master, float* first,
              float* second, std::size_t count);
void StepAdam(const AdamFactors& factors, const double* gradient, double* master, double* first,
              double* second, std::size_t count);
void StepAdam(const AdamFactors& factors, const BFloat16* gradient, float* master, float* first,
              float* second, BFloat16* copy, std::size_t count);

/// Reads and writes `moment` only where the momentum is not 0.
void StepSgd(const SgdFactors& factors, const float* gradient, float* master, float* moment,
             std::size_t count);
void StepSgd(const SgdFactors& factors, const double* gradient, double* master, double* moment,
             std::size_t count);
void StepSgd(const SgdFactors& factors, const BFloat16* gradient, float* master, float* moment,
             BFloat16* copy, std::size_t count);

/// False if any value is infinite or not a number.
bool AllFinite(const float* values, std::size_t count);
bool AllFinite(const double* values, std::size_t count);
bool AllFinite(const BFloat16* values, std::size_t count);

}  // namespace consilium
