/// Activations by name, one of which LibTorch 1.13 lacks for a type that networks here are trained
/// with.
///
/// Shapes: any; the result has the argument's. Threads: as the argument. Errors: LibTorch's.
#pragma once

#include "common/kernels/activation.h"

#include <torch/types.h>

namespace consilium {

/// min(max(x, 0), 6), with no gradient where x <= 0 or x >= 6. May overwrite `x`.
/// As torch::relu6_, which has no gradient of bfloat16 on the CPU.
torch::Tensor Relu6(torch::Tensor x);

/// May overwrite `x`.
torch::Tensor Activate(Activation activation, torch::Tensor x);

}  // namespace consilium
