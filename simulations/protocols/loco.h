/// Leave-one-center-out over any cohort's centers, and the paper's two forms of it.
///
/// The target task is the first classification task of the cohort (prognosis). Each center that
/// holds its labels (a hospital) is left out in turn: all its images, whatever their labels, leave
/// training and are the test. Every other center is a site; centers without labels of the target
/// task always train (`loco`), or lose one severity group per fold too:
///   loco6   six hospitals, each left out together with the first severity group
///   loco18  every hospital with every one of the three severity groups
/// A severity group is a scanner maker with the makers that the paper counts to it.
/// One split by patient inside each site, drawn from (seed, center) alone, serves every method and
/// every fold, and equals the split that the site's own daemon draws.
/// Threads: pure. Source: arXiv 2405.13771, evaluation.
#pragma once

#include "simulations/protocols/fold.h"

namespace consilium {

/// Reads samples and labels only, no images.
/// Errors: kInvalidArgument: no classification task; fewer than two centers with target labels; a
/// patient in two of train, validation and test of a fold (names the patient).
Result<FoldSet> MakeFolds(const Dataset& dataset, double validation_fraction, std::uint64_t seed);

enum class SeverityFolds : std::uint8_t { kFirst, kAll };
/// loco6 or loco18. Errors: as MakeFolds; not six hospitals or not three severity groups.
Result<FoldSet> MakePaperLocoFolds(const Dataset& dataset, SeverityFolds severity,
                                   double validation_fraction, std::uint64_t seed);

/// "KODAK" -> "SIEMENS": the paper's group of a severity center; its own name if it has none.
std::string SeverityGroup(std::string_view center);

/// Centers that hold target labels, and the severity groups of those that do not: in the paper's
/// order SIEMENS, AGFA, CARESTREAM, then by name.
struct CenterRoles {
  std::vector<std::string> hospitals;
  std::vector<std::string> groups;
};
CenterRoles RolesOf(const Dataset& dataset, std::size_t target);

}  // namespace consilium
