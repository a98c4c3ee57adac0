/// What a training computes with on its machine. No part of a run's plan: sites differ.
/// Threads: plain values.
#pragma once

#include "common/nn/precision.h"

#include <torch/types.h>

#include <vector>

namespace consilium {

struct ComputeOptions {
  torch::Device device{torch::kCPU};
  /// That share each batch with `device` (data_parallel.h).
  std::vector<torch::Device> further_devices;
  int threads = 1;  ///< that one step computes with, and as many that assemble batches
  Precision precision = Precision::kFp32;  ///< another than kAuto wherever something is trained
};

}  // namespace consilium
