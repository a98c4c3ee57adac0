/// Cross-validation folds drawn from a seed, where no published lists are used.
///
/// Each center's patients are grouped by what their labels say (which tasks, which class, which
/// quarter of the range of a sum of scores), shuffled and dealt to the folds in turn; the next group
/// goes on where the last one stopped. So folds differ by at most one patient in every (center,
/// group), and by at most one per center. All of a patient's images go together.
/// Inside the rest, each site's validation patients are those that its own daemon would draw from
/// the same images (SplitByPatient).
/// Random: StreamSeed(seed, {"folds", center}). Threads: pure. Source: stratified k-fold.
#pragma once

#include "simulations/protocols/fold.h"

namespace consilium {

/// `count` folds, named fold0, fold1, ...; a fold's test are its own patients.
/// Errors: kInvalidArgument: no classification task; fewer than two centers or fewer than `count`
/// patients with target labels; a patient in two centers.
Result<FoldSet> DrawFolds(const Dataset& dataset, int count, double validation_fraction,
                          std::uint64_t seed);

}  // namespace consilium
