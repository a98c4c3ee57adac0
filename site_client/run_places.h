/// How many runs a site takes part in at once, and which. A paused run takes no place: resumed, it
/// goes on beside those that came meanwhile. Decides, owns nothing. Threads: none inside.
#pragma once

#include "common/base/ids.h"
#include "common/base/status.h"

#include <deque>
#include <set>

namespace consilium {

/// Whether a session's error is about its run alone: the site is refused, abstains, contradicts the
/// plan, or is not known any more. Other runs may have a use for it.
bool ConcernsTheRunAlone(const Status& status);

class RunPlaces {
 public:
  /// `max_runs` >= 1.
  explicit RunPlaces(int max_runs) : max_runs_(max_runs) {}

  bool HasRoom(const std::set<RunId>& paused) const;
  /// False: the run is the site's already, or over for it.
  bool Take(const RunId& run);
  /// It is over for the site, and not taken again.
  void End(const RunId& run);
  /// It is gone for now: an aggregator that was restored from a backup may open it anew.
  void Forget(const RunId& run) { taken_.erase(run); }

  const std::set<RunId>& taken() const { return taken_; }
  /// The latest ones: an aggregator offers older ones no more.
  const std::deque<RunId>& ended() const { return ended_; }

 private:
  int max_runs_;
  std::set<RunId> taken_;
  std::deque<RunId> ended_;
};

}  // namespace consilium
