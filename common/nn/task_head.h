/// The layers of one task on top of the backbone's features.
///
/// Names, below "heads.<task id>":
///   several tasks   "0", "3", "6": Linear(F,128) ReLU Dropout Linear(128,32) ReLU Dropout
///                   Linear(32,K), numbered as in one torch.nn.Sequential
///   one task        "1": Dropout Linear(F,K)
///   kZoneGroups     "<group>": ReLU Dropout Linear(F, classes of the group), whatever the number
///                   of tasks
/// Shapes: forward [B,F] -> [B,K]. Threads: the module's thread.
/// Source: arXiv 2405.13771, published settings (docs/math.md, "Heads").
#pragma once

#include "common/base/task_spec.h"
#include "common/nn/seeded_dropout.h"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

namespace consilium {

class TaskHead : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(const torch::Tensor& features, const SeededDropout& dropout) = 0;
};

std::shared_ptr<TaskHead> MakeTaskHead(const TaskSpec& task, std::int64_t feature_width,
                                       bool only_task);

}  // namespace consilium
