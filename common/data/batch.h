/// One batch, as the network and the loss take it.
#pragma once

#include "common/base/input_statistics.h"
#include "common/data/augment.h"
#include "common/data/dataset.h"

#include <torch/types.h>

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

/// How the network wants its images.
struct BatchFormat {
  torch::ScalarType type = torch::kFloat32;  ///< or kBFloat16, kFloat16, kFloat64
  torch::MemoryFormat layout = torch::MemoryFormat::Contiguous;  ///< or ChannelsLast
  InputStatistics input;
};

/// Gathers `indices` of `dataset` on the CPU, the grey value on all three channels. With
/// `augmentations`, one per index, each image is augmented and zone labels follow a flip; empty:
/// none.
/// Threads: pure, computes on the calling thread alone.
Batch MakeBatch(const Dataset& dataset, std::span<const std::int64_t> indices,
                std::span<const Augmentation> augmentations, const BatchFormat& format);

Batch OnDevice(Batch batch, torch::Device device);

}  // namespace consilium
