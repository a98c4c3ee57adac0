/// What a site's training steps take of late: the median of the last ones, so that a pause between two
/// epochs does not count. Threads: one.
#pragma once

#include "common/base/clock.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

namespace consilium {

class RecentSteps {
 public:
  void Add(Millis step) {
    steps_.push_back(std::max(step, Millis{1}));
    if (steps_.size() > kKept) steps_.pop_front();
  }
  /// 0: none yet.
  Millis Median() const {
    if (steps_.empty()) return Millis{0};
    std::vector<Millis> sorted(steps_.begin(), steps_.end());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

 private:
  static constexpr std::size_t kKept = 21;
  std::deque<Millis> steps_;
};

}  // namespace consilium
