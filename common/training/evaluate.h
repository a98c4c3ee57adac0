/// Evaluation of a network on labelled images, in evaluation mode without gradients.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/metrics/task_counts.h"
#include "common/nn/multi_task_net.h"

#include <torch/types.h>

#include <vector>

namespace consilium {

/// Per task, for `indices` in their order: what the network predicts for every image, labelled or
/// not. kClasses: probabilities [N, K] (softmax);  kZones: scores [N, zones] (raw outputs);
/// kZoneGroups: probabilities of each group side by side [N, K]. float32 on the CPU.
using Predictions = std::vector<torch::Tensor>;

struct EvaluateOptions {
  torch::Device device{torch::kCPU};
  int batch_size = 64;
  const Interrupt* interrupt = nullptr;
};

Result<Predictions> Predict(MultiTaskNet net, const Dataset& dataset, const Indices& indices,
                            const EvaluateOptions& options);

/// Counts of predictions against the labels that exist; the loss is that of masked_loss.h,
/// unweighted.
std::vector<TaskCounts> CountPredictions(const Dataset& dataset, const Indices& indices,
                                         const Predictions& predictions);

/// Both at once.
Result<std::vector<TaskCounts>> Evaluate(MultiTaskNet net, const Dataset& dataset,
                                         const Indices& indices, const EvaluateOptions& options);

}  // namespace consilium
