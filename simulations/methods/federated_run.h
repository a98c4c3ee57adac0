/// One federated training with centers as sites, whatever carries its messages.
///
/// A FederatedRunner drives RoundCoordinator and SiteRunner: RunInProcess in threads of this
/// process, RunInProcesses (simulations/processes) as real programs over mutual TLS. Equal runs
/// give equal bits through either; under fedbuff through RunInProcess alone (arrival_order.h).
#pragma once

#include "common/base/hasher.h"
#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/splits.h"
#include "common/federation/run_plan.h"
#include "common/nn/multi_task_net.h"
#include "common/tensor_file/safetensors.h"
#include "common/training/compute_options.h"

#include <torch/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <vector>

namespace consilium {

struct FederatedRun {
  RunPlan plan;
  TensorFile initial;  ///< complete state
  std::map<std::string, std::shared_ptr<const Dataset>> sites;
  /// Where a site must not draw its own split (listed folds): by place in its data. RunInProcess only.
  std::map<std::string, Split> splits;
  ComputeOptions compute;  ///< of each site
  HasherFactory hasher;
  NetFactory make_net = MakeNet;
  /// Bounds how many sites of this process compute at once; may be null.
  std::counting_semaphore<>* compute_slots = nullptr;
  /// For the files of real processes; removed after a run that went well.
  std::string work_folder;
  const Interrupt* interrupt = nullptr;
  /// Rounds done (with a fraction) of those planned.
  std::function<void(double done, int round)> on_step;
};

struct FederatedModel {
  ParameterBlob shared;  ///< of the best version
  /// Heads and statistics that stayed on each site, of the best version.
  std::map<std::string, ParameterBlob> local;
  RoundNumber best_version = 0;
  /// What the runner saw of the rounds; empty if it saw nothing (real processes).
  std::vector<std::optional<double>> losses;          ///< of validation
  std::vector<std::optional<double>> update_cosines;  ///< update_watch.h
  std::optional<std::uint64_t> bytes_to_sites, bytes_from_sites;
};

using FederatedRunner = std::function<Result<FederatedModel>(const FederatedRun&)>;

/// Errors: those of the coordinator and of the first site that failed (named); kCancelled.
Result<FederatedModel> RunInProcess(const FederatedRun& run);

}  // namespace consilium
