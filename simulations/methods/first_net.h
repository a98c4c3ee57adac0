/// The network a training starts from, the same for every method: drawn from the plan's seed, with
/// the backbone's weights from a file where one is named. Threads: as the network.
#pragma once

#include "common/base/result.h"
#include "common/nn/multi_task_net.h"
#include "common/nn/published_weights.h"

#include <string>

namespace consilium {

struct NetSource {
  NetFactory make = MakeNet;
  std::string weights;  ///< of a backbone (docs/formats/weights.md); empty: none
};

/// What of the file was left out goes to `loaded`, if that is given.
/// Errors: kInvalidArgument: no such backbone; weights that do not fit (names the file).
Result<MultiTaskNet> FirstNet(const NetSource& source, const RunPlan& plan,
                              LoadedWeights* loaded = nullptr);

}  // namespace consilium
