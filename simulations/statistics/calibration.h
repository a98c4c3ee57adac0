/// Do probabilities mean what they say? Reliability curve, expected calibration error, Brier score.
///
/// Probabilities p_i of the positive class and outcomes y_i of 0 or 1. For several classes, pass
/// each image's largest probability and whether that class was right: the calibration of the
/// confidence (Guo et al.).
///
///   bins  kEqualWidth (default, 15): [0, 1] in equal parts. kEqualMass: edges at the quantiles of
///         p, equal probabilities staying together. A probability on an edge belongs below it.
///         Empty bins are left out.
///   ECE   sum_b n_b / n |mean of y in b - mean of p in b|
///   Brier (1/n) sum_i (p_i - y_i)^2
///         = reliability - resolution + uncertainty + within, where
///         reliability = sum_b n_b/n (mean p - mean y)^2, resolution = sum_b n_b/n (mean y - base)^2,
///         uncertainty = base (1 - base), base the mean of y, and within what binning hides:
///         sum_b (1/n) sum_{i in b} ((p_i - mean p)^2 - 2 (p_i - mean p)(y_i - mean y))
///         (Murphy's three terms, exact with Stephenson's two for bins of unequal probabilities)
///
/// ECE depends on the bins and is biased upwards with few images a bin: compare at equal bins.
/// Units: probabilities. Undefined is empty: of no image. A single class is no obstacle.
/// Errors: kInvalidArgument: see binary_outcomes.h; fewer than one bin. Threads: pure.
/// Source: Guo et al. (2017); Naeini et al. (2015); Brier (1950); Murphy (1973); Stephenson et al.
/// (2008). Checked against sklearn.calibration.calibration_curve and brier_score_loss.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace consilium {

enum class Binning { kEqualWidth, kEqualMass };

struct CalibrationOptions {
  int bins = 15;
  Binning binning = Binning::kEqualWidth;
};

/// A bin that holds images.
struct ReliabilityPoint {
  double low = 0, high = 0;  ///< edges
  std::int64_t n = 0;
  double mean_probability = 0;
  double observed = 0;  ///< mean outcome
};

struct Calibration {
  std::int64_t n = 0;
  std::vector<ReliabilityPoint> curve;  ///< from low to high probabilities
  std::optional<double> ece, brier;
  std::optional<double> reliability, resolution, uncertainty, within;  ///< parts of brier
};

Result<Calibration> Calibrate(std::span<const double> probabilities, std::span<const int> outcomes,
                              const CalibrationOptions& options = {});

}  // namespace consilium
