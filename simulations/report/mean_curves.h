/// Means of the curves of several models, each model counting alike. Threads: pure.
#pragma once

#include "simulations/report/binary_scores.h"
#include "simulations/results/training_record.h"

#include <span>
#include <vector>

namespace consilium {

/// Steps at which ROC curves are read: false positive rates 0, 1/100, ..., 1.
inline constexpr std::size_t kRocSteps = 101;

/// The mean true positive rate at each step, over the models that have an image of either class;
/// between thresholds along a straight line, at a step up its upper end. Empty of none.
std::vector<double> MeanRoc(std::span<const BinaryScores* const> models);

/// At each step the mean over the curves that have a value there. Trainings that stopped early drop
/// out: `counts` says how many are left.
struct MeanCurve {
  LearningCurve mean;
  std::vector<int> counts;
};
MeanCurve MeanOfCurves(std::span<const LearningCurve* const> curves);

}  // namespace consilium
