/// The points of a ROC curve, from scores or from score histograms that add up over sites.
///
/// A point: of the images scored at or above `threshold`, the share of all negative ones
/// (false_positive_rate) and of all positive ones (true_positive_rate). From (0, 0), which has no
/// threshold, to (1, 1). Points on a straight line between their neighbours are left out (as
/// sklearn's drop_intermediate, which compares steps), so curve and area stay as they are. Of
/// histograms, the threshold is the lower edge of a bin.
///
/// Undefined: without an image of each class there is no point. Units: none.
/// Errors: kInvalidArgument: see binary_outcomes.h; histograms of different lengths, with negative
/// counts. Threads: pure. Source: Fawcett (2006). Checked against sklearn.metrics.roc_curve.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace consilium {

struct RocPoint {
  double false_positive_rate = 0, true_positive_rate = 0;
  std::optional<double> threshold;
};

Result<std::vector<RocPoint>> RocCurve(std::span<const double> scores,
                                       std::span<const int> outcomes);
Result<std::vector<RocPoint>> RocCurve(std::span<const std::int64_t> negative_scores,
                                       std::span<const std::int64_t> positive_scores);

}  // namespace consilium
