/// One backbone shared by all tasks, one head per task.
///
///   MultiTaskNet net(backbone, tasks, /*dropout=*/0.5);
///   Initialise(net, StreamSeed(seed, {"init"}));
///   std::vector<torch::Tensor> outputs = net->forward(images);  // per task [B, K_j], raw scores
///
/// Names: "backbone.<...>", "heads.<task id>.<...>" (task_head.h), those of the canonical state.
/// Random: dropout draws from the net's own generator (SeedDropout), never from LibTorch's global
/// one, so nets in parallel threads do not disturb each other.
/// Types: float32, or float64 after net->to(torch::kFloat64). Threads: one at a time.
/// Source: arXiv 2405.13771, published settings (docs/math.md, "Heads").
#pragma once

#include "common/base/input_statistics.h"
#include "common/base/task_spec.h"
#include "common/federation/run_plan.h"
#include "common/nn/backbone.h"
#include "common/nn/seeded_dropout.h"
#include "common/nn/task_head.h"

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace consilium {

class MultiTaskNetImpl : public torch::nn::Module {
 public:
  /// Requires valid tasks of different ids and 0 <= dropout < 1.
  MultiTaskNetImpl(std::shared_ptr<Backbone> backbone, std::vector<TaskSpec> tasks, double dropout,
                   const InputStatistics& input = {});
  /// images [B,3,S,S], normalised by input() -> per task [B,K_j], in the order of tasks().
  std::vector<torch::Tensor> forward(torch::Tensor images);
  /// features [B,F] -> as forward.
  std::vector<torch::Tensor> Scores(const torch::Tensor& features);
  /// features [B,F] -> [B,K_j] of one task, in the type of the head's parameters whatever the
  /// features' is and whatever an AutocastGuard asks for.
  torch::Tensor Score(std::size_t task, const torch::Tensor& features);
  /// The heads' dropout and the backbone's own.
  void SeedDropout(std::uint64_t seed);
  const std::vector<TaskSpec>& tasks() const { return tasks_; }
  Backbone& backbone() { return *backbone_; }
  const InputStatistics& input() const { return input_; }
  /// Training mode, except that normalisation layers stay in evaluation mode if they are frozen: all
  /// of them, or those below one of the names `frozen`.
  void EnterTraining(bool freeze_normalisation, std::span<const std::string> frozen = {});

 private:
  std::vector<TaskSpec> tasks_;
  std::shared_ptr<Backbone> backbone_;
  std::vector<std::shared_ptr<TaskHead>> heads_;  // one per task
  SeededDropout dropout_;
  InputStatistics input_;
};
TORCH_MODULE(MultiTaskNet);

/// Heads: weights Xavier-uniform, biases 0.01. Backbone: torchvision's own initialisation of the
/// family. Every entry has a stream of its own below `seed`, named as the entry, so neither the
/// other tasks nor the net's type and device change its values. Running statistics start afresh.
void Initialise(MultiTaskNet& net, std::uint64_t seed);

/// Makes the network of a plan, initialised from plan.seed (tests may hand in a smaller one).
/// Errors: kInvalidArgument: unknown backbone, or a task or group whose name no layer can have.
using NetFactory = std::function<Result<MultiTaskNet>(const RunPlan&)>;
Result<MultiTaskNet> MakeNet(const RunPlan& plan);

}  // namespace consilium
