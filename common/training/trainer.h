/// Local training: the same code for a site in a round, for one center alone and for pooled data.
///
///   Trainer trainer(net, dataset, train, options);       // fresh optimiser moments
///   CONSILIUM_ASSIGN_OR_RETURN(EpochResult e, trainer.RunEpoch(learning_rate, seed));
///
/// Determinism   equal net, data, options, seeds and thread count give equal bits on the CPU in
///               fp32.
/// Random        order of images, augmentation and dropout come from `seed` of each epoch (streams
///               "order", "augment", "dropout"), never from LibTorch's default generator.
/// Normalisation batch statistics need two images: a last one alone joins the batch before. Where
///               there is only one image in all, normalisation is frozen for its step.
/// Precision     as chosen; between epochs the net holds its float32 parameters. A float64 net computes
///               in float64.
/// Threads       the thread that made it, with the intra-op threads set for it; batches are
///               assembled in threads beside it.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/federation/run_plan.h"
#include "common/metrics/task_counts.h"
#include "common/nn/multi_task_net.h"
#include "common/training/compute_options.h"
#include "common/training/cuda/recorded_work.h"
#include "common/training/data_parallel.h"
#include "common/training/gradient_terms.h"
#include "common/training/step_times.h"
#include "common/training/task_weighting.h"

#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace consilium {

struct EpochResult {
  std::int64_t images = 0;
  std::int64_t steps = 0;         ///< of the optimiser
  std::vector<TaskCounts> tasks;  ///< loss_sum and n only: training losses of the epoch
  StepTimes times;
};

/// Called after each step with steps done and planned in this epoch.
using StepObserver = std::function<void(std::int64_t done, std::int64_t planned)>;

class Trainer {
 public:
  struct Options {
    TrainingOptions training;
    ComputeOptions compute;
    /// Makes further networks of this shape; needed where there are further devices.
    DataParallel::MakeReplica make_replica;
    /// For compute.cuda_graphs.
    std::function<std::unique_ptr<WorkRecorder>(torch::Device)> make_recorder = MakeWorkRecorder;
    std::vector<double> loss_factors;  ///< per task beside lambda; empty: all 1
    /// Names of entries, or of parts that hold them, that stay as they are beside those that
    /// `training` freezes; normalisation below them keeps its statistics.
    std::vector<std::string> frozen;
    GradientTerms terms;
    /// Lasts over epochs. What it learns from steps needs a single device, and gradnorm activations
    /// that are kept.
    TaskWeightingOptions weighting;
    bool exact_times = false;  ///< of phases on a GPU, which then waits after each
    const Interrupt* interrupt = nullptr;
    StepObserver on_step;
  };
  /// `net` is moved to the device. `dataset` must outlive the trainer; its tasks are the net's.
  Trainer(MultiTaskNet net, const Dataset& dataset, const Indices& train, Options options);
  ~Trainer();

  /// One pass over the training images. Images without any label are skipped.
  /// Errors: kInvalidArgument for another number of loss factors than tasks, a weighting of tasks
  /// that the device options exclude, a precision that the device has not, or a name or number of
  /// stages that the network has not; kCancelled if interrupted between steps;
  /// kInternal/kResourceExhausted from LibTorch; kDataLoss if the loss is not finite.
  Result<EpochResult> RunEpoch(double learning_rate, std::uint64_t seed);

  /// After an epoch: with the net's state, all that a later trainer of equal options needs to go on
  /// with the same bits (trainer_state.h). Requires the fixed weighting of tasks.
  ParameterBlob State() const;
  /// Before the first epoch. Errors: kInvalidArgument for a state of another net; nothing changes.
  Status Restore(const ParameterBlob& state);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace consilium
