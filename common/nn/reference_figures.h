/// What a classifier network computes from one input, for holding it against a reference.
///
/// Threads: as the network; number of intra-op threads as set by the caller.
#pragma once

#include "common/base/result.h"
#include "common/nn/classifier_net.h"

#include <torch/types.h>

#include <map>
#include <string>

namespace consilium {

using NamedTensors = std::map<std::string, torch::Tensor>;

/// `features` [B, F] and, if the classifier's weights are known, `logits` [B, classes], in
/// evaluation mode and the network's type. Errors: those of LibTorch, as kInvalidArgument or kInternal.
Result<NamedTensors> EvaluationFigures(ClassifierNet& net, const torch::Tensor& images,
                                       bool with_classifier);

/// One forward and backward pass in training mode, dropout off, cross-entropy against class 3 for
/// the first image, 5 for the second, and so on in turn: `train_logits` [B, classes], `loss` [],
/// `grad_l2_total` [] (over all parameters), and the first normalisation's `running_mean_after` and
/// `running_var_after` [C] where there is one. Of the network's type, the norm float32; the network's
/// statistics are changed.
Result<NamedTensors> TrainingFigures(ClassifierNet& net, const torch::Tensor& images);

}  // namespace consilium
