/// One batch, as the network and the loss take it.
#pragma once

#include "common/base/input_statistics.h"
#include "common/base/random_stream.h"
#include "common/data/dataset.h"

#include <torch/types.h>

#include <optional>
#include <span>
#include <vector>

namespace consilium {

struct TaskTargets {
  torch::Tensor values;   ///< int64 [B, LabelWidth]; rows without a label are 0 and never read
  torch::Tensor present;  ///< bool [B]: the indicator
};

struct Batch {
  torch::Tensor images;              ///< [B, 3, S, S], normalised
  std::vector<TaskTargets> targets;  ///< one per task
};

/// Gathers `indices` of `dataset`. With `augment` set, each image is augmented (augment.h) by draws
/// from it, in the order of `indices`, and zone labels follow a flip. Result on `device`, images of
/// `dtype`, the grey value on all three channels, normalised by `input`.
Batch MakeBatch(const Dataset& dataset, std::span<const std::int64_t> indices,
                RandomStream* augment, torch::Device device,
                torch::ScalarType dtype = torch::kFloat32, const InputStatistics& input = {});

}  // namespace consilium
