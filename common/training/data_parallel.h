/// One training step over several devices of one machine: each holds a copy of the network and
/// computes its share of the batch; the gradients are added up on the first.
///
/// Result       the gradients of the whole batch, but for normalisation: batch statistics are those
///              of each share, and the running statistics are the first device's.
/// Exchange     weights go out and gradients come in through NCCL where there is one, else by copies
///              (cuda/device_exchange.h). A gradient that not every device has goes by copies.
/// Determinism  copies are added in the order of the devices.
/// Threads      one per further device, kept over steps; one caller.
/// Source       Li et al. 2020 (arXiv 2006.15704), without overlap of computing and adding.
#pragma once

#include "common/base/result.h"
#include "common/nn/multi_task_net.h"
#include "common/training/network_step.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace consilium {

class DataParallel {
 public:
  /// Makes a network of the shape of the first.
  using MakeReplica = std::function<Result<MultiTaskNet>()>;

  /// `net` is the one that is trained, on `devices[0]`; its parameters may change type later.
  /// `threads`: that each device's step computes with. Requires two devices or more.
  static Result<std::unique_ptr<DataParallel>> Create(MultiTaskNet net,
                                                      std::vector<torch::Device> devices,
                                                      const MakeReplica& make, int threads);
  virtual ~DataParallel() = default;

  /// As training/network_step.h's, for a batch on the first device. A share has two images at
  /// least, so that a small batch leaves devices idle. Times are the slowest share's.
  virtual Result<StepOutcome> ForwardBackward(const Batch& batch, const StepSettings& settings,
                                              double loss_scale) = 0;
  /// Of the further devices; the first network is the caller's.
  virtual void SeedDropout(std::uint64_t seed) = 0;
};

/// First row of each share and, at last, the number of rows: as even as possible, two rows or more
/// each, at most `devices` shares. Threads: pure.
std::vector<std::int64_t> ShareBounds(std::int64_t rows, std::int64_t devices);

}  // namespace consilium
