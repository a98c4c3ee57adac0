/// Learning rate, early stopping and best step, all driven by one validation loss per step.
///
/// A step is an epoch where one program trains and a round where the aggregator drives: both use
/// this class, so both follow the same rule.
/// Rule     loss improves on the best so far (strictly) -> best = step, both counters restart.
///          `plateau_patience` steps without improvement -> learning rate x plateau_factor, not
///          below min_learning_rate, and that counter restarts. `stop_patience` without improvement
///          -> stop. Steps below `warm_up` have no loss to beat and count as nothing: while they
///          last, the latest stands in as the best. A loss that is not finite is no improvement. If
///          no step had a loss (no validation data), the latest step is the best.
/// Source   docs/math.md, "Schedule"; paper values: patience 15, factor 0.65, floor 1e-8, warm-up
///          40, stop 40.
/// Threads  none inside; copyable state.
#pragma once

#include "common/base/status.h"

#include <optional>

namespace consilium {

struct ScheduleOptions {
  int warm_up = 0;
  int plateau_patience = 15;
  double plateau_factor = 0.65;
  double min_learning_rate = 1e-8;
  int stop_patience = 40;
  friend bool operator==(const ScheduleOptions&, const ScheduleOptions&) = default;
};

Status ValidateSchedule(const ScheduleOptions& options);

class ValidationMonitor {
 public:
  ValidationMonitor(const ScheduleOptions& options, double initial_learning_rate)
      : options_(options), learning_rate_(initial_learning_rate) {}

  /// Takes the loss after step `step` (counted from 0, in order). Returns true if it is the best so
  /// far.
  bool Observe(int step, std::optional<double> loss);

  double learning_rate() const { return learning_rate_; }  ///< for the next step
  bool should_stop() const { return should_stop_; }
  int best_step() const { return best_step_; }  ///< -1 before the first Observe
  std::optional<double> best_loss() const { return best_loss_; }
  friend bool operator==(const ValidationMonitor&, const ValidationMonitor&) = default;

 private:
  ScheduleOptions options_;
  double learning_rate_;
  int best_step_ = -1;
  std::optional<double> best_loss_;
  int since_best_ = 0;
  int since_plateau_ = 0;
  bool should_stop_ = false;
};

}  // namespace consilium
