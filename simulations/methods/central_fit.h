/// Training in one place: one center alone, or several centers' images pooled.
///
/// The trainer and schedule are those of a site and of the aggregator; only here the optimiser's
/// moments last over epochs. After each epoch the validation loss drives the learning rate and
/// decides which epoch is kept.
/// Determinism  equal arguments give equal bits (trainer.h); every epoch draws from its own stream
///              (plan.seed, stream, epoch).
/// Threads      the calling thread, which has set its number of intra-op threads.
#pragma once

#include "common/base/interrupt.h"
#include "common/data/dataset.h"
#include "common/federation/parameter_blob.h"
#include "common/training/compute_options.h"
#include "common/training/task_weighting.h"
#include "simulations/methods/first_net.h"

#include <torch/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

struct CentralFit {
  RunPlan plan;  ///< tasks (those of the dataset), backbone, seed, training and schedule
  int epochs = 1;
  std::string stream;
  NetSource net;
  ParameterBlob start;  ///< replaces entries of the first network; no layout: none
  TaskWeightingOptions weighting;
  ComputeOptions compute;
  const Interrupt* interrupt = nullptr;
  /// Epochs done (with a fraction) of those planned.
  std::function<void(double done, int epoch)> on_step;
};

struct FittedModel {
  MultiTaskNet net{nullptr};  ///< with the state of the best epoch
  int best_epoch = 0;         ///< counted from 0
  int epochs_run = 0;
  std::optional<double> best_loss;            ///< of the validation images, if there are any
  std::vector<std::optional<double>> losses;  ///< the same after each epoch
};

/// The network before its first step.
Result<MultiTaskNet> BeginningOf(const CentralFit& fit);

/// Errors: those of FirstNet, Trainer and Evaluate.
Result<FittedModel> FitCentrally(const Dataset& dataset, const Indices& train,
                                 const Indices& validation, const CentralFit& fit);

}  // namespace consilium
