/// What a trainer's later epochs need of its earlier ones, beside the network's own state: the
/// optimiser's moments and counts of steps, and the scale of a float16 loss.
///
/// Entries: "steps" (int64 per parameter), "loss_scale" (float64: scale, steps without overflow), and
/// "first.<parameter>", "second.<parameter>" where the optimiser has such a moment. Random draws
/// are of each epoch's own seed and need none.
/// Errors: kInvalidArgument for another network's state. Threads: the net's thread.
#pragma once

#include "common/base/result.h"
#include "common/federation/parameter_blob.h"
#include "common/training/fused_optimizer.h"
#include "common/training/loss_scaler.h"

#include <torch/nn/module.h>

#include <vector>

namespace consilium {

struct TrainerMemory {
  std::vector<FusedOptimizer::Memory> optimizer;  ///< in the order of net.parameters()
  LossScaler scaler;
};

ParameterBlob PackTrainerMemory(const torch::nn::Module& net, const TrainerMemory& memory);
Result<TrainerMemory> UnpackTrainerMemory(const torch::nn::Module& net, const ParameterBlob& state);

}  // namespace consilium
