/// What a training computes with on its machine. No part of a run's plan: sites differ.
/// Threads: plain values.
#pragma once

#include "common/nn/precision.h"

#include <torch/types.h>

namespace consilium {

struct ComputeOptions {
  torch::Device device{torch::kCPU};
  int threads = 1;  ///< that one step computes with, and as many that assemble batches
  Precision precision = Precision::kFp32;  ///< another than kAuto wherever something is trained
};

}  // namespace consilium
