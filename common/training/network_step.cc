#include "common/training/network_step.h"

#include "common/nn/autocast.h"
#include "common/nn/compute.h"
#include "common/training/masked_loss.h"
#include "common/training/stopwatch.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace consilium {
namespace {

struct Passed {
  torch::Tensor features;  ///< of a recorded backbone
  std::vector<torch::Tensor> outputs;
};

std::vector<torch::Tensor> Outputs(MultiTaskNet& net, const Batch& batch,
                                   const torch::Tensor& features) {
  return features.defined() ? net->Scores(features) : net->forward(batch.images);
}

Passed Forward(MultiTaskNet& net, const Batch& batch, const StepSettings& settings) {
  EnterStep(net, batch.images.size(0), settings);
  Passed passed;
  if (settings.recorded != nullptr && settings.recorded->Fits(batch.images)) {
    passed.features = settings.recorded->Forward(batch.images);
  }
  if (!settings.mixed) {
    passed.outputs = Outputs(net, batch, passed.features);
    return passed;
  }
  {
    const AutocastGuard shorter(batch.images.device().type(), settings.type);
    passed.outputs = Outputs(net, batch, passed.features);
  }
  // Losses are float32: a sum over a batch has more digits than bfloat16.
  for (torch::Tensor& output : passed.outputs) output = output.to(torch::kFloat32);
  return passed;
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

torch::Tensor LastSharedWeights(MultiTaskNet& net) {
  torch::Tensor last;
  for (const torch::Tensor& parameter : net->backbone().parameters()) {
    if (parameter.dim() >= 2 && parameter.requires_grad()) last = parameter;
  }
  return last;
}

/// The gradient is computed with the factor `loss_scale`, which float16 needs, and divided by it.
double GradientNorm(const torch::Tensor& loss, const torch::Tensor& weights, double loss_scale) {
  const torch::autograd::variable_list gradients = torch::autograd::grad(
      {loss * loss_scale}, {weights}, {}, /*retain_graph=*/true, /*create_graph=*/false,
      /*allow_unused=*/true);
  if (!gradients.front().defined()) return 0;
  return gradients.front().to(torch::kFloat64).norm().item<double>() / loss_scale;
}

std::vector<TaskSignal> Signals(MultiTaskNet& net, const std::vector<torch::Tensor>& outputs,
                                const Batch& batch, const StepSettings& settings,
                                double loss_scale) {
  if (!settings.task_losses && !settings.gradient_norms) return {};
  const torch::Tensor shared = settings.gradient_norms ? LastSharedWeights(net) : torch::Tensor();
  const std::vector<torch::Tensor> losses = MaskedTaskLosses(
      settings.tasks, outputs, batch.targets, settings.reduction, settings.class_weights);
  std::vector<TaskSignal> signals(losses.size());
  for (std::size_t j = 0; j < losses.size(); ++j) {
    if (!losses[j].defined()) continue;
    signals[j].present = true;
    signals[j].loss = losses[j].item<double>();
    if (shared.defined()) signals[j].gradient_norm = GradientNorm(losses[j], shared, loss_scale);
  }
  return signals;
}

}  // namespace

void EnterStep(MultiTaskNet& net, std::int64_t images, const StepSettings& settings) {
  net->EnterTraining(settings.freeze_normalisation || images == 1, settings.frozen);
}

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
  const auto [features, outputs] = Forward(net, batch, settings);
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
  outcome.signals = Signals(net, outputs, batch, settings, loss_scale);
  (loss_scale == 1 ? loss : loss * loss_scale).backward();
  if (features.defined()) settings.recorded->Backward(features.grad());
  outcome.times.backward = lap();
  return outcome;
}

}  // namespace consilium
