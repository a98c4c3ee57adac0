/// Folds of a cohort from the published lists.
///
/// An image is found in the lists by its file's name without folder and extension (P_42,
/// 213037958654936045). Each image trains, validates or is tested as the lists of the fold say;
/// sites are the cohort's centers. Corrected: an id that a fold forgot trains; a severity test of
/// loco6 or loco18 is a maker's whole group, and the others' split is drawn as a site draws its own;
/// a patient of the test takes part in nothing else. As published: all as the lists say; what is
/// wrong with it is counted.
/// Faults beside those of the lists: not-in-cohort, not-in-lists, scores-differ, patients-across.
/// Errors: kInvalidArgument: no image of the cohort is in the lists; two images with one name.
/// Threads: pure.
#pragma once

#include "simulations/protocols/protocol.h"
#include "simulations/protocols/published_lists.h"

namespace consilium {

/// `kind`: cv, holdout, loco6 or loco18, and `lists` read for its scheme.
Result<FoldSet> MakeListedFolds(const Dataset& dataset, const PublishedLists& lists,
                                ProtocolKind kind, double validation_fraction, std::uint64_t seed);

}  // namespace consilium
