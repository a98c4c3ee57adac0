/// The indicator-masked multi-task loss.
#pragma once

#include "common/base/result.h"
#include "common/base/task_spec.h"
#include "common/data/batch.h"
#include "common/federation/run_plan.h"

#include <torch/types.h>

#include <span>
#include <vector>

namespace consilium {

/// Loss of each image for one task, where it has a label.
/// outputs [B, K_j], targets as batch.h; class_weights: [K_j] or undefined.
/// Result [B] of the outputs' type, 0 and without gradient in rows without a label:
///   kClasses     cross-entropy;
///   kZones       mean over zones of (output - score)^2;
///   kZoneGroups  sum over groups of the cross-entropy of the group's class.
torch::Tensor PerImageLoss(const TaskSpec& task, const torch::Tensor& outputs,
                           const TaskTargets& targets, const torch::Tensor& class_weights = {});

/// Loss of a batch whose images are labelled for some tasks only: sum over tasks j of
/// factor_j * L_j.
///
/// Shapes   outputs[j]: [B, K_j], raw scores; targets[j].values int64 [B, LabelWidth], present
///          bool [B]; factors[j]: lambda_j times the instruction's loss factor; class_weights[j]:
///          [K_j] or undefined (kClasses and kZoneGroups only).
/// Result   scalar on the device of `outputs`, differentiable. kLabelled averages over labelled
///          images (with class weights: divides by the sum of their weights, as torch does).
///          kBatch divides by B instead: absent rows enter as zero scores and all-zero target
///          vectors, whose loss is 0, as in the published code. Under both a task without a label
///          in the batch adds no value and leaves its head's gradient undefined, so that an
///          optimiser skips it. If no task has one, the result is undefined (`!loss.defined()`).
/// Shares   where the rows are a share of a batch, `whole_batch` holds the targets of all of it and
///          means are over those: the losses of the shares add up to the batch's.
/// Errors   kInvalidArgument: task sets differ, shape or dtype mismatch.
/// Threads  pure, may run concurrently.
/// Source   docs/math.md, "Masked loss" (arXiv 2405.13771).
Result<torch::Tensor> MaskedMultiTaskLoss(std::span<const TaskSpec> tasks,
                                          const std::vector<torch::Tensor>& outputs,
                                          const std::vector<TaskTargets>& targets,
                                          std::span<const double> factors, Reduction reduction,
                                          const std::vector<torch::Tensor>& class_weights = {},
                                          const std::vector<TaskTargets>* whole_batch = nullptr);

/// The tasks' losses L_j one by one, without factors; undefined where a task has no label. Requires
/// what MaskedMultiTaskLoss checks; class_weights: one per task or empty.
std::vector<torch::Tensor> MaskedTaskLosses(std::span<const TaskSpec> tasks,
                                            const std::vector<torch::Tensor>& outputs,
                                            const std::vector<TaskTargets>& targets,
                                            Reduction reduction,
                                            const std::vector<torch::Tensor>& class_weights = {});

}  // namespace consilium
