/// What a training computes with on its machine. No part of a run's plan: sites differ.
/// Threads: plain values.
#pragma once

#include "common/base/result.h"
#include "common/nn/precision.h"

#include <torch/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct ComputeOptions {
  torch::Device device{torch::kCPU};
  /// That share each batch with `device` (data_parallel.h).
  std::vector<torch::Device> further_devices;
  int threads = 1;  ///< that one step computes with, and as many that assemble batches
  Precision precision = Precision::kFp32;  ///< another than kAuto wherever something is trained
  /// For small memories: a step computes most of its forward pass twice (checkpoint.h).
  bool checkpoint_activations = false;
  /// The backbone's pass is one launch per batch (recorded_backbone.h); needs a single GPU.
  bool cuda_graphs = false;
};

/// Sets the devices from "cpu", "cuda:N" or "cuda:N,cuda:M".
/// Errors: kInvalidArgument: another text, no such GPU here, or one named twice.
Status SetDevices(ComputeOptions& options, std::string_view text);

/// Whether cuda_graphs, where they are asked for, go with the rest; `recorder`: whether the device
/// has one (MakeWorkRecorder). Errors: kInvalidArgument.
Status CheckGraphs(const ComputeOptions& options, bool recorder);

/// What SetDevices read.
std::string DevicesText(const ComputeOptions& options);

}  // namespace consilium
