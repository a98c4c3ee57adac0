/// Which deadline a run's sites would have kept, for its operator: nothing changes by itself.
/// Threads: pure.
#pragma once

#include "common/federation/run_status.h"

#include <map>
#include <optional>
#include <vector>

namespace consilium {

/// Twice what the slowest site took, in whole seconds: measured in the last five closed rounds, in which
/// a late site took at least the time until the deadline; and of a round that is under way what the
/// planned steps of each site take at its own pace (`expected`). Empty before anything was measured.
std::optional<DeadlineProposal> ProposeDeadline(const std::vector<LedgerRound>& rounds,
                                                const std::map<SiteId, Millis>& expected);

}  // namespace consilium
