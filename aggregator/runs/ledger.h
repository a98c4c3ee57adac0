/// Who took part in which round, read off the run's event log: nobody is left out silently.
///
/// The events go through a RoundEngine again, so the ledger says what the engine did, for a run that
/// goes on as for one that is over. Errors: kDataLoss for a log that the engine refuses.
/// Threads: pure.
#pragma once

#include "common/federation/round_engine.h"
#include "common/federation/run_status.h"

#include <string>
#include <vector>

namespace consilium {

Result<std::vector<LedgerRound>> MakeLedger(const RoundEngine::Options& options,
                                            const std::vector<Event>& log);

/// "" if each closed round holds the updates of at least `expected` sites (AgreedSites of the run);
/// otherwise which does not,
/// for a person: "round 3: 1 of 2 sites (B late)".
std::string WhatIsMissing(const std::vector<LedgerRound>& rounds, int expected);

}  // namespace consilium
