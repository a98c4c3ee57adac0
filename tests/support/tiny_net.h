/// Multi-task nets on the tiny backbone.
#pragma once

#include "common/nn/multi_task_net.h"
#include "tests/support/tiny_backbone.h"

#include <memory>
#include <vector>

namespace consilium {

inline MultiTaskNet MakeTinyNet(const std::vector<TaskSpec>& tasks, std::uint64_t seed = 1,
                                double dropout = 0) {
  MultiTaskNet net(std::make_shared<TinyBackbone>(), tasks, dropout);
  Initialise(net, seed);
  return net;
}

/// As MakeNet, with the tiny backbone.
inline Result<MultiTaskNet> MakeTinyNetOfPlan(const RunPlan& plan) {
  return MakeTinyNet(plan.tasks, plan.seed, plan.training.dropout);
}

}  // namespace consilium
