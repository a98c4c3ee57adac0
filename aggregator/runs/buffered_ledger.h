/// The ledger of a run under fedbuff: which updates made each version, and how old they were.
///
/// Round r is the making of version r + 1. A site whose updates went into it is in; one that was at
/// work meanwhile is open, from the version that it started from. Errors, threads: as ledger.h.
#pragma once

#include "common/federation/round_engine.h"
#include "common/federation/run_status.h"

#include <vector>

namespace consilium {

Result<std::vector<LedgerRound>> MakeBufferedLedger(const RoundEngine::Options& options,
                                                    const std::vector<Event>& log);

}  // namespace consilium
