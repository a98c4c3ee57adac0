/// One backbone shared by all tasks, one head per task.
///
///   MultiTaskNet net(backbone, tasks, /*dropout=*/0.5);
///   Initialise(net, StreamSeed(seed, {"init"}));
///   std::vector<torch::Tensor> outputs = net->forward(images);   // one [B, K_j] per task, raw
///   scores
///
/// Names    "backbone.<...>", "heads.<task id>.<...>": the names of the canonical state.
/// Heads    several tasks: Linear(F,128) ReLU Dropout Linear(128,32) ReLU Dropout Linear(32,K);
///          one task: Dropout Linear(F,K);  a kZoneGroups head: ReLU Dropout Linear(F, classes) per
///          group.
/// Random   dropout draws from the net's own generator (SeedDropout), never from LibTorch's global
/// one,
///          so nets in parallel threads do not disturb each other.
/// Source   arXiv 2405.13771, published settings (docs/math.md, "Heads").
#pragma once

#include "common/base/task_spec.h"
#include "common/federation/run_plan.h"
#include "common/nn/backbone.h"

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <functional>
#include <memory>
#include <vector>

namespace consilium {

class MultiTaskNetImpl : public torch::nn::Module {
 public:
  MultiTaskNetImpl(std::shared_ptr<Backbone> backbone, std::vector<TaskSpec> tasks, double dropout);
  /// images [B,3,S,S] -> per task [B,K_j].
  std::vector<torch::Tensor> forward(torch::Tensor images);
  void SeedDropout(std::uint64_t seed);
  const std::vector<TaskSpec>& tasks() const;
  Backbone& backbone();
  /// Training mode, except that normalisation layers stay in evaluation mode if `freeze`.
  void Train(bool freeze_normalisation);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};
TORCH_MODULE(MultiTaskNet);

/// Heads: weights Xavier-uniform, biases 0.01. Backbone: torchvision's own initialisation of the
/// family. Every draw comes from `seed`.
void Initialise(MultiTaskNet& net, std::uint64_t seed);

/// Makes the network of a plan, initialised from plan.seed (tests may hand in a smaller one).
using NetFactory = std::function<Result<MultiTaskNet>(const RunPlan&)>;
Result<MultiTaskNet> MakeNet(const RunPlan& plan);

}  // namespace consilium
