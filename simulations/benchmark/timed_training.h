/// A Trainer under a stopwatch: warms up, then runs timed steps with the same optimiser, buffers and
/// threads.
///
/// Threads: one; its Trainer's are its own.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/federation/run_plan.h"
#include "common/nn/multi_task_net.h"
#include "common/training/compute_options.h"
#include "common/training/step_times.h"
#include "common/training/trainer.h"

#include <torch/types.h>

#include <chrono>
#include <optional>
#include <vector>

namespace consilium {

class TimedTraining {
 public:
  struct Options {
    RunPlan plan;
    ComputeOptions compute;
    int steps = 1;  ///< of an epoch: each batch holds all images
  };
  struct Figures {
    std::vector<double> seconds;  ///< wall time of each step
    StepTimes times;              ///< summed over the steps
  };
  /// `dataset` holds one batch, and must outlive this.
  TimedTraining(const MultiTaskNet& net, const Dataset& dataset, const Options& options);
  TimedTraining(const TimedTraining&) = delete;
  TimedTraining& operator=(const TimedTraining&) = delete;

  /// Errors, of both: the Trainer's.
  Status WarmUp(int steps);
  Result<Figures> RunEpoch();

 private:
  using Clock = std::chrono::steady_clock;
  Trainer::Options TrainerOptions(const Options& options);
  void StepEnded();
  Result<EpochResult> Run();

  const c10::Device device_;
  const double learning_rate_;
  /// A Trainer ends an epoch early only when it is interrupted; made anew for each.
  std::optional<Interrupt> interrupt_{std::in_place};
  int steps_until_interrupt_ = 0;  // 0: none
  Clock::time_point last_end_;
  std::vector<double> seconds_;
  Trainer trainer_;
};

}  // namespace consilium
