/// A run of three sites played against a schedule of faults, in one thread and on a clock that the
/// schedule moves: coordinator, engine and spool are the product's, the sites are fakes that make
/// one call at a time. Then the same run once more without anything around it.
///
/// Threads: one.
#pragma once

#include "aggregator/round_coordinator.h"
#include "tests/aggregator/fake_run.h"
#include "tests/faults/fault_schedule.h"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace consilium {

struct FaultyRunResult {
  Bytes model;             ///< the run's result
  std::vector<Event> log;  ///< all events that were stored
  /// By round and site, the digests that the aggregator acknowledged.
  std::map<std::pair<RoundNumber, SiteId>, std::string> acknowledged;
};

/// Short deadlines and leases; two of three sites are a quorum.
RunPlan FaultyPlan(const std::string& strategy);

/// Plays a run to its end. Errors: kDeadlineExceeded if it does not end within some minutes of its
/// clock after the last fault; whatever a site or the aggregator meets that no fault explains.
Result<FaultyRunResult> PlayFaults(const RunPlan& plan, const FaultSchedule& schedule);

/// What must hold of every run: the log names each acknowledged update once, each round combines
/// what was acknowledged, and every model, the last one too, has the bits that those updates give
/// when nothing goes wrong. Errors: kInternal saying what does not hold.
Status CheckFaultyRun(const RunPlan& plan, const FaultyRunResult& result);

}  // namespace consilium
