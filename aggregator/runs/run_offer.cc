#include "aggregator/runs/run_offer.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

bool Has(const std::vector<RunId>& runs, const RunId& run) {
  return std::ranges::find(runs, run) != runs.end();
}

class Chooser {
 public:
  Chooser(const RunQueue& queue, const std::vector<RunId>& visits, const RunRequest& request,
          const std::function<bool(const RunId&)>& admits)
      : queue_(queue), visits_(visits), request_(request), admits_(admits) {}

  /// A run that is not yet the site's.
  std::optional<RunId> Another() const {
    const std::vector<RunId> active = queue_.Active();
    for (auto visit = visits_.rbegin(); visit != visits_.rend(); ++visit) {
      if (Has(active, *visit) && !Named(*visit)) return *visit;
    }
    for (const RunId& run : active) {
      if (!Named(run) && admits_(run)) return run;
    }
    for (auto visit = visits_.rbegin(); visit != visits_.rend(); ++visit) {
      if (IsToldOf(*visit) && !Named(*visit)) return *visit;
    }
    for (const RunId& run : queue_.PausedActive()) {
      if (!Named(run) && admits_(run)) return run;
    }
    return std::nullopt;
  }

  std::optional<RunId> Wanted() const {
    const RunId& run = request_.wanted;
    if (Has(visits_, run) && (Opened(run) || IsToldOf(run))) return run;
    return Opened(run) && admits_(run) ? std::optional(run) : std::nullopt;
  }

  std::optional<RunId> OneOfItsOwn() const {
    for (const auto* named : {&request_.taking_part, &request_.done_with}) {
      for (const RunId& run : *named) {
        if (Opened(run) || IsToldOf(run)) return run;
      }
    }
    return std::nullopt;
  }

  std::vector<RunId> VisitsAfter(const RunId& offered) const {
    if (!request_.names_runs) return {offered};
    std::vector<RunId> kept;
    for (const RunId& run : visits_) {
      const bool forgotten = Over(run) && Has(request_.done_with, run);
      if (run != offered && !forgotten && !Removed(run)) kept.push_back(run);
    }
    kept.push_back(offered);
    return kept;
  }

 private:
  bool Named(const RunId& run) const {
    return Has(request_.taking_part, run) || Has(request_.done_with, run);
  }
  std::optional<RunState> StateOf(const RunId& run) const {
    const auto known = queue_.Find(run);
    return known.ok() ? std::optional((*known)->state) : std::nullopt;
  }
  bool Opened(const RunId& run) const {
    return Has(queue_.Active(), run) || Has(queue_.PausedActive(), run);
  }
  bool Over(const RunId& run) const {
    const auto state = StateOf(run);
    return state && IsOver(*state);
  }
  bool Removed(const RunId& run) const {
    const auto state = StateOf(run);
    return !state || *state == RunState::kRemoved;
  }
  /// Of a failed run its files are what is wrong, of a removed one they are gone.
  bool IsToldOf(const RunId& run) const {
    return Over(run) && !Removed(run) && StateOf(run) != RunState::kFailed;
  }

  const RunQueue& queue_;
  const std::vector<RunId>& visits_;
  const RunRequest& request_;
  const std::function<bool(const RunId&)>& admits_;
};

}  // namespace

bool Admits(const RoundOptions& rounds, const SiteId& site) {
  const auto has = [&](const std::vector<SiteId>& sites) {
    return std::ranges::find(sites, site) != sites.end();
  };
  return rounds.select_sites.empty() || has(rounds.select_sites) || has(rounds.evaluation_sites);
}

std::optional<RunChoice> ChooseRun(const RunQueue& queue, const std::vector<RunId>& visits,
                                   const RunRequest& request,
                                   const std::function<bool(const RunId&)>& admits) {
  const Chooser chooser(queue, visits, request, admits);
  std::optional<RunId> run = request.wanted.empty() ? chooser.Another() : chooser.Wanted();
  if (!run && request.wanted.empty()) run = chooser.OneOfItsOwn();
  if (!run) return std::nullopt;
  std::vector<RunId> after = chooser.VisitsAfter(*run);
  return RunChoice{*std::move(run), std::move(after)};
}

}  // namespace consilium
