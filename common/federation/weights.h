/// The indicator in the aggregation: what a site's difference counts, per parameter group.
///
/// With n_sj labelled training images of task j at site s, n_j their sum over the selected sites, J
/// tasks that anybody holds:   u_s = (1/J) sum_j n_sj / n_j   (the u_s sum to 1).
///   per-group  backbone += sum_s u_s d_s;      head j += sum_s (n_sj / n_j) d_s;   loss factor 1
///   exact      every group += sum_s u_s d_s;   loss factor of task j at s: (n_sj / n_j) / u_s
/// Fixed when a round starts. If sites are missing at its end, each group is divided by the weight
/// that arrived; no weight, no change.
/// Source: docs/math.md, "Weights of a round". Threads: pure.
#pragma once

#include "common/federation/messages.h"

#include <map>
#include <span>
#include <vector>

namespace consilium {

struct SiteWeights {
  double backbone = 0;  ///< u_s
  /// Per task held; under exact weighting u_s for every task that anybody holds.
  std::map<TaskId, double> heads;
  std::vector<LossFactor> loss_factors;
  friend bool operator==(const SiteWeights&, const SiteWeights&) = default;
};

using RoundWeights = std::map<SiteId, SiteWeights>;

/// `selected`: declarations of the round's sites. A task nobody holds has no part in J.
RoundWeights ComputeWeights(Weighting weighting, std::span<const SiteDeclaration> selected);

/// What site `s` counts for `entry` (its group's weight; u_s for a head under exact weighting).
double WeightOf(const SiteWeights& weights, const EntrySpec& entry);

}  // namespace consilium
