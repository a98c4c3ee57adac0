/// Which run a site is offered. Pure.
///
/// In this order, of those that the site does not name itself: an active run that it was offered
/// before, the oldest active run that admits it, a run that ended without its knowing, a paused run
/// that admits it. Where there is none, one that it names: the answer "nothing else for you". A site
/// that wants a run gets that one or none.
/// Visits  the runs that a site was offered, latest last. Those that are over are forgotten once the
///         site says that it has done with them, all but the latest; a site that does not name its
///         runs has one, the latest.
/// Threads any.
#pragma once

#include "aggregator/runs/run_queue.h"
#include "common/federation/run_plan.h"

#include <functional>
#include <optional>
#include <vector>

namespace consilium {

/// What a site says when it asks for a run.
struct RunRequest {
  bool names_runs = false;  ///< its calls say which run they are about; else it is in one at a time
  RunId wanted;             ///< empty: any
  std::vector<RunId> taking_part;
  std::vector<RunId> done_with;
};

struct RunChoice {
  RunId run;
  std::vector<RunId> visits;  ///< of the site from now on
  friend bool operator==(const RunChoice&, const RunChoice&) = default;
};

/// Whether the run has a use for the site.
bool Admits(const RoundOptions& rounds, const SiteId& site);

/// Empty: there is no run for the site now. `admits`: asked of runs that are active or paused.
std::optional<RunChoice> ChooseRun(const RunQueue& queue, const std::vector<RunId>& visits,
                                   const RunRequest& request,
                                   const std::function<bool(const RunId&)>& admits);

}  // namespace consilium
