/// What goes wrong in a run and when: drawn from a number, printed as a list, played by anybody.
///
/// Equal seeds give equal schedules on every machine. Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

enum class FaultKind : std::uint8_t {
  kSiteKilled,        ///< forgets all that is not on its disk, and starts again
  kSiteAway,          ///< does nothing for `amount` steps
  kSiteLeaves,        ///< never comes back, once the run has begun; at most one of a run
  kConnectionCut,     ///< what it was sending ends in the middle
  kChunkTwice,        ///< its next chunk arrives twice
  kChunkCorrupt,      ///< a byte of its next chunk arrives changed
  kUpdateTwice,       ///< its next update is sent again after it was acknowledged
  kAggregatorKilled,  ///< and starts again after `amount` steps
  kPowerCut,          ///< the aggregator's disk stops before its change number `amount` from now
  kPowerCutAfter,     ///< the same, after that change
  kDiskFull,          ///< nothing can be written at the aggregator for `amount` steps
  kClockForward,      ///< by `amount` seconds
  kClockBack,
  kDelay,  ///< nothing passes the site's line for `amount` steps, then all of it
};
std::string_view ToString(FaultKind kind);

struct Fault {
  int step = 0;  ///< when, in calls of sites from the beginning on
  FaultKind kind = FaultKind::kSiteKilled;
  int site = 0;  ///< index; of faults of a site
  std::int64_t amount = 0;
};

struct FaultSchedule {
  std::uint64_t seed = 0;     ///< also of the order in which sites take their turns
  std::vector<Fault> faults;  ///< in the order of their steps
};

/// 3 to 12 faults in the first `steps` steps of a run of `sites` sites, of the kinds in `kinds`
/// (all, if empty).
FaultSchedule DrawFaults(std::uint64_t seed, int sites, int steps,
                         const std::vector<FaultKind>& kinds = {});

/// "schedule 17: step 4 site C killed; step 9 aggregator killed for 3 steps; ...".
std::string ToString(const FaultSchedule& schedule);

}  // namespace consilium
