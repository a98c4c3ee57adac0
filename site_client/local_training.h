/// The local epochs of a round, as the run's strategy wants them.
///
///   fedrep        head_epochs on the heads with the backbone frozen, then local_epochs on the
///                 backbone with the heads frozen
///   fedprox       every shared parameter is pulled to the round's model
///   scaffold      every gradient is corrected by control variates (control_variates.h)
///   all others    local_epochs on everything
/// Random: streams (plan.seed, LocalRound::stream, site, round, epoch), epochs counted over all
/// phases.
/// Source: Collins et al. 2021 (arXiv 2102.07089) for fedrep, Arivazhagan et al. 2019
/// (arXiv 1912.00818) for fedper, Li et al. 2020 (arXiv 1812.06127) for fedprox.
/// Threads: the net's thread. Errors: those of Trainer.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/federation/messages.h"
#include "common/nn/multi_task_net.h"
#include "common/training/compute_options.h"
#include "common/training/gradient_terms.h"
#include "site_client/round_checkpoint.h"

#include <functional>
#include <string>
#include <vector>

namespace consilium {

struct LocalRound {
  const RunPlan* plan = nullptr;
  SiteId site;
  ComputeOptions compute;
  NetFactory make_net;
  const Interrupt* interrupt = nullptr;
  std::function<void(const Progress&)> on_progress;  ///< may be empty
  GradientTerms terms;
  std::string stream = "train";
  int epochs_before = 0;  ///< of other trainings in this round, for progress
  int epochs_after = 0;
  /// Begun for this round; may be null. Each epoch that others of the round follow leaves a checkpoint
  /// under `stream`, and a training goes on from the one that it finds.
  RoundCheckpoints* checkpoints = nullptr;
};

struct LocalOutcome {
  std::int64_t images_used = 0;
  std::int64_t steps = 0;          ///< of the optimiser
  std::vector<TaskCounts> losses;  ///< of the last epoch
};

/// What the trainings of a round follow from, beside the model and the site's local state, as text:
/// plan, instruction, and which images with which labels are trained on.
std::string InputsOfRound(const Dataset& data, const Indices& train, const Instruction& instruction,
                          const RunPlan& plan);

Result<LocalOutcome> TrainLocally(const MultiTaskNet& net, const Dataset& data,
                                  const Indices& train, const Instruction& instruction,
                                  const LocalRound& round);

}  // namespace consilium
