/// Forward, masked loss and backward of one network for one batch, or for a share of it.
#pragma once

#include "common/base/result.h"
#include "common/data/batch.h"
#include "common/federation/run_plan.h"
#include "common/metrics/task_counts.h"
#include "common/nn/multi_task_net.h"
#include "common/training/recorded_backbone.h"
#include "common/training/step_times.h"
#include "common/training/task_weighting.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace consilium {

struct StepSettings {
  std::vector<TaskSpec> tasks;
  std::vector<double> factors;               ///< per task (masked_loss.h)
  std::vector<torch::Tensor> class_weights;  ///< per task, or empty
  Reduction reduction = Reduction::kLabelled;
  bool freeze_normalisation = false;
  std::vector<std::string> frozen;  ///< names below which normalisation stays as it is
  bool mixed = false;               ///< computes in `type` over parameters of another one
  torch::ScalarType type = torch::kFloat32;
  /// Waits for the GPU after each phase, so that times are those of computing, not of asking for it.
  bool exact_times = false;
  /// What a weighting of tasks learns from.
  bool task_losses = false;
  bool gradient_norms = false;  ///< too
  /// For batches that fit, null for none; excludes gradient norms.
  RecordedBackbone* recorded = nullptr;
};

struct StepOutcome {
  double loss = 0;
  std::int64_t images = 0;
  std::vector<TaskCounts> tasks;    ///< loss_sum and n only
  StepTimes times;                  ///< forward, loss, backward
  std::vector<TaskSignal> signals;  ///< one per task where they are asked for, else empty
};

/// The mode in which a step of so many images runs: a single one has no batch statistics.
void EnterStep(MultiTaskNet& net, std::int64_t images, const StepSettings& settings);

/// Leaves gradients at the parameters, multiplied by `loss_scale`; none where no task has a label.
/// Gradient norms are those of the backbone's last trained weights (registered last, of two
/// dimensions or more). Signals are not for shares of a batch.
/// `whole_batch`: the targets of the batch that `batch` is a share of (masked_loss.h).
/// Errors: kDataLoss: the loss is not finite (no gradient was computed); those of
/// MaskedMultiTaskLoss. LibTorch's exceptions pass through.
/// Threads: the network's thread.
Result<StepOutcome> ForwardBackward(MultiTaskNet& net, const Batch& batch,
                                    const StepSettings& settings, double loss_scale = 1,
                                    const std::vector<TaskTargets>* whole_batch = nullptr);

}  // namespace consilium
