/// Words that all tests and intervals share. Threads: plain values.
#pragma once

namespace consilium {

/// Of a test of a against b: what is claimed instead of "no difference".
enum class Alternative {
  kTwoSided,
  kGreater,  ///< a is larger than b
  kLess,     ///< a is smaller than b
};

/// A confidence interval, in the units of what was estimated.
struct Interval {
  double low = 0, high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

}  // namespace consilium
