#include "common/schedule/validation_monitor.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string_view>

namespace consilium {
namespace {

template <typename Number>
Status OutOfRange(std::string_view field, std::string_view expected, Number found) {
  std::ostringstream message;
  message.precision(10);
  message << "schedule." << field << ": expected " << expected << ", found " << found;
  return InvalidArgument(message.str());
}

}  // namespace

Status ValidateSchedule(const ScheduleOptions& options) {
  const double factor = options.plateau_factor;
  const double least = options.min_learning_rate;
  if (options.warm_up < 0) return OutOfRange("warm_up", "0 or more", options.warm_up);
  if (options.plateau_patience < 1) {
    return OutOfRange("plateau_patience", "1 or more", options.plateau_patience);
  }
  if (!(factor > 0 && factor <= 1)) {
    return OutOfRange("plateau_factor", "a number above 0, to 1", factor);
  }
  if (!(least >= 0 && std::isfinite(least))) {
    return OutOfRange("min_learning_rate", "a number of 0 or more", least);
  }
  if (options.stop_patience < 1)
    return OutOfRange("stop_patience", "1 or more", options.stop_patience);
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
