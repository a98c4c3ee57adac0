/// What of the learning rate each parameter gets, and what is frozen.
///
/// Frozen are the first stages of the backbone (nn/stages.h), what a factor of 0 names, and what the
/// caller names. The gradients of frozen parameters are computed and dropped.
/// Threads: the net's thread.
#pragma once

#include "common/base/result.h"
#include "common/federation/run_plan.h"
#include "common/nn/multi_task_net.h"

#include <span>
#include <string>
#include <vector>

namespace consilium {

struct LayerRates {
  std::vector<double> of_parameters;  ///< in the order of net.parameters(); 0: frozen
  std::vector<std::string> frozen;    ///< names below which normalisation keeps its statistics
};

/// Errors: kInvalidArgument naming the field: a factor for a name that no parameter has, more stages
/// than the backbone.
Result<LayerRates> RatesOf(MultiTaskNetImpl& net, const TrainingOptions& training,
                           std::span<const std::string> frozen);

}  // namespace consilium
