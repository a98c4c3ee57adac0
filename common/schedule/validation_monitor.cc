#include "common/schedule/validation_monitor.h"

#include <algorithm>
#include <cmath>

namespace consilium {

Status ValidateSchedule(const ScheduleOptions& options) {
  if (options.warm_up < 0) return InvalidArgument("warm_up must be 0 or more");
  if (options.plateau_patience < 1) return InvalidArgument("plateau_patience must be 1 or more");
  if (!(options.plateau_factor > 0 && options.plateau_factor <= 1)) {
    return InvalidArgument("plateau_factor must be above 0 and at most 1");
  }
  if (!(options.min_learning_rate >= 0))
    return InvalidArgument("min_learning_rate must be 0 or more");
  if (options.stop_patience < 1) return InvalidArgument("stop_patience must be 1 or more");
  return OkStatus();
}

bool ValidationMonitor::Observe(int step, std::optional<double> loss) {
  const bool defined = loss.has_value() && std::isfinite(*loss);
  if (step < options_.warm_up || (!defined && !best_loss_)) {
    // Nothing to compare with yet: the latest state is the best there is.
    best_step_ = step;
    return true;
  }
  if (defined && (!best_loss_ || *loss < *best_loss_)) {
    best_loss_ = loss;
    best_step_ = step;
    since_best_ = 0;
    since_plateau_ = 0;
    return true;
  }
  ++since_best_;
  ++since_plateau_;
  if (since_plateau_ >= options_.plateau_patience) {
    learning_rate_ = std::max(learning_rate_ * options_.plateau_factor,
                              std::min(options_.min_learning_rate, learning_rate_));
    since_plateau_ = 0;
  }
  should_stop_ = since_best_ >= options_.stop_patience;
  return false;
}

}  // namespace consilium
