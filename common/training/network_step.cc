#include "common/training/network_step.h"

#include "common/nn/autocast.h"
#include "common/nn/compute.h"
#include "common/training/masked_loss.h"
#include "common/training/stopwatch.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace consilium {
namespace {

std::vector<torch::Tensor> Forward(MultiTaskNet& net, const Batch& batch,
                                   const StepSettings& settings) {
  // A single image has no batch statistics.
  net->EnterTraining(settings.freeze_normalisation || batch.images.size(0) == 1, settings.frozen);
  if (!settings.mixed) return net->forward(batch.images);
  std::vector<torch::Tensor> outputs;
  {
    const AutocastGuard shorter(batch.images.device().type(), settings.type);
    outputs = net->forward(batch.images);
  }
  // Losses are float32: a sum over a batch has more digits than bfloat16.
  for (torch::Tensor& output : outputs) output = output.to(torch::kFloat32);
  return outputs;
}

std::vector<TaskCounts> Count(const std::vector<TaskSpec>& tasks,
                              const std::vector<torch::Tensor>& outputs, const Batch& batch) {
  const torch::NoGradGuard no_gradient;
  std::vector<TaskCounts> counts;
  counts.reserve(tasks.size());
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    const torch::Tensor losses = PerImageLoss(tasks[j], outputs[j], batch.targets[j]);
    TaskCounts task = EmptyCounts(tasks[j]);
    task.n = batch.targets[j].present.sum().item<std::int64_t>();
    task.loss_sum = losses.sum(torch::kFloat64).item<double>();
    counts.push_back(std::move(task));
  }
  return counts;
}

}  // namespace

Result<StepOutcome> ForwardBackward(MultiTaskNet& net, const Batch& batch,
                                    const StepSettings& settings, double loss_scale,
                                    const std::vector<TaskTargets>* whole_batch) {
  StepOutcome outcome;
  outcome.images = batch.images.size(0);
  Stopwatch watch;
  const auto lap = [&] {
    if (settings.exact_times) WaitForDevice(batch.images.device());
    return watch.Lap();
  };
  const std::vector<torch::Tensor> outputs = Forward(net, batch, settings);
  outcome.times.forward = lap();
  CONSILIUM_ASSIGN_OR_RETURN(
      const torch::Tensor loss,
      MaskedMultiTaskLoss(settings.tasks, outputs, batch.targets, settings.factors,
                          settings.reduction, settings.class_weights, whole_batch));
  outcome.tasks = Count(settings.tasks, outputs, batch);
  outcome.times.loss = lap();
  if (!loss.defined()) return outcome;
  outcome.loss = loss.item<double>();
  if (!std::isfinite(outcome.loss)) {
    return DataLoss("training: the loss is not finite; a lower learning rate may help");
  }
  (loss_scale == 1 ? loss : loss * loss_scale).backward();
  outcome.times.backward = lap();
  return outcome;
}

}  // namespace consilium
