/// The rate at which this machine multiplies matrices: what a training step's arithmetic is held
/// against.
#pragma once

#include "common/base/result.h"

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

namespace consilium {

/// Best rate of several products of two square matrices with `side` rows, in floating-point
/// operations per second (a multiply-add is two), with the intra-op threads of the caller. On a GPU
/// float32 means the tensor cores' short float32 (TF32), since convolutions use it there.
/// Errors: kInternal/kResourceExhausted from LibTorch, for a type that the device lacks too.
/// Threads: the calling thread; changes a process-wide setting on GPUs while it runs.
Result<double> MatrixProductRate(c10::Device device, c10::ScalarType type, std::int64_t side);

}  // namespace consilium
