/// Leave-one-center-out: who trains, who validates and who is tested, for every method alike.
///
/// The target task is the first classification task of the cohort (prognosis). Each center that
/// holds its labels is left out in turn: all its images, whatever their labels, leave training and
/// are the test. Every other center is a site; centers without labels of the target task always
/// train. One split by patient inside each site, drawn from (seed, center) alone, serves every
/// method and every fold, and equals the split that the site's own daemon draws.
/// Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/splits.h"

#include <string>
#include <vector>

namespace consilium {

struct SiteSplit {
  std::string center;
  Split split;
};

struct Fold {
  std::string left_out;
  Indices test;
  std::vector<SiteSplit> sites;  ///< every other center, in order of name
};

struct LeaveOneCenterOut {
  std::size_t target = 0;  ///< index of the target task
  std::vector<Fold> folds;
};

/// Reads samples and labels only, no images.
/// Errors: kInvalidArgument: no classification task; fewer than two centers with target labels; a
/// patient in two of train, validation and test of a fold (names the patient).
Result<LeaveOneCenterOut> MakeFolds(const Dataset& dataset, double validation_fraction,
                                    std::uint64_t seed);

/// One line for each center whose target labels are all of one class.
std::vector<std::string> OneClassCenters(const Dataset& dataset, std::size_t target);

/// Those of `indices` with a label of task `task`.
Indices WithLabel(const Dataset& dataset, const Indices& indices, std::size_t task);

/// Training (or validation) images of all sites of a fold, ascending.
Indices PooledTraining(const Fold& fold);
Indices PooledValidation(const Fold& fold);

}  // namespace consilium
