/// What a strategy asks of the run that names it, before any tensor moves.
///
/// Threads: pure.
#pragma once

#include "common/federation/messages.h"
#include "common/federation/strategies/fed_buff.h"

#include <optional>
#include <span>
#include <string>

namespace consilium {

/// Fewest sites that must hold the backbone, and each head.
struct HolderNeeds {
  int backbone = 1;
  int head = 1;                ///< 1 where heads are local
  std::string who = "fedavg";  ///< for messages: "krum with byzantine 2"
  friend bool operator==(const HolderNeeds&, const HolderNeeds&) = default;
};

/// median, trimmed-mean, geometric-median: 2f + 1 of each group. krum, multi-krum: 2f + 3 of the
/// backbone, for the same sites give the heads. All others: 1.
HolderNeeds HoldersNeeded(const RunPlan& plan);

/// What fills a buffer of updates; none under strategies whose sites begin each round together.
std::optional<FedBuffOptions> BufferOf(const RunPlan& plan);

/// The strategy is known, its parameters are in range, and the rest of the plan fits it: a robust
/// strategy's quorum is as large as its backbone needs and its weighting per-group; fednova's and
/// scaffold's optimiser is sgd, scaffold's without momentum; fedper's and fedrep's heads and fedbn's
/// normalisation are local; under ditto everything is shared; under fedbuff all sites are asked, the
/// buffer is no larger than they are many nor smaller than the quorum, weighting is per-group, the
/// model travels as it is, and codecs keep no rest for a next round.
/// Errors: kInvalidArgument "field: what is wrong and what was expected".
Status CheckStrategy(const RunPlan& plan);

/// Errors: kInvalidArgument naming the group, how many sites hold it and how many must.
Status CheckHolders(const HolderNeeds& needs, std::span<const SiteDeclaration> sites);

}  // namespace consilium
