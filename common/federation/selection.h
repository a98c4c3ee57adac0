/// Which of the sites that are there train in a round.
///
/// A share of them is drawn anew for each round, from a number per site that seed, round and the
/// site's name give: neither the order in which sites came nor who else is there changes it.
/// Source  the sampling of clients in McMahan et al. 2017 (arXiv 1602.05629), without replacement.
/// Threads pure.
#pragma once

#include "common/federation/messages.h"
#include "common/federation/strategies/requirements.h"

#include <set>
#include <span>

namespace consilium {

struct Draw {
  std::uint64_t seed = 0;
  RoundNumber round = 0;
  double fraction = 1;     ///< of the candidates, rounded up
  int at_least = 1;        ///< the quorum
  HolderNeeds needs;       ///< per task that a candidate holds, so many of its holders are drawn
  std::set<SiteId> first;  ///< drawn in any case: they have delivered
  std::set<SiteId> last;   ///< asked in vain: drawn where the others do not suffice
};

/// Fewer than `at_least`, or than the needs ask for, only where `candidates` have no more.
std::set<SiteId> DrawSites(const Draw& draw, std::span<const SiteDeclaration> candidates);

/// Updates without which a round of the run lacks what was agreed: expected_sites, or the share of
/// them that a round draws.
int AgreedSites(const RoundOptions& rounds);

}  // namespace consilium
