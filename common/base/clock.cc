#include "common/base/clock.h"

namespace consilium {

Timestamp SystemClock::Now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Millis>(since_epoch).count()};
}

}  // namespace consilium
