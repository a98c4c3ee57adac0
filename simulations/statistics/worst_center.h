/// The center that a method serves worst.
///
/// Centers whose value is undefined are left out; of equal values the first by name. Empty if no
/// center has a value. Requires finite values. Units: of the metric. Threads: pure.
/// Source: docs/math.md, "Statistics"; as a goal of training: Mohri, Sivek, Suresh (2019).
#pragma once

#include <optional>
#include <span>
#include <string>

namespace consilium {

struct CenterValue {
  std::string center;
  std::optional<double> value;
};

struct WorstCenterResult {
  std::string center;
  double value = 0;
  double behind_mean = 0;  ///< how much worse than the mean over centers, at least 0
};

std::optional<WorstCenterResult> WorstCenter(std::span<const CenterValue> centers,
                                             bool higher_is_better);

}  // namespace consilium
