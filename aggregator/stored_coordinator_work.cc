/// What a StoredCoordinator does by itself: aggregation, deadlines, silent sites, old files.
#include "aggregator/blob_names.h"
#include "aggregator/stored_coordinator.h"

#include <set>

namespace consilium {
namespace {

/// The worker looks at the clock this often; work that was asked for wakes it at once.
constexpr Millis kLookAtClock{100};
constexpr Millis kRetryAfterFailure{1'000};

}  // namespace

Status StoredCoordinator::Pump() {
  Status status;
  {
    const std::lock_guard working(work_mutex_);
    if (!MayWork()) return OkStatus();
    status = LoseSilentSites();
    if (status.ok()) status = PassDeadline();
    if (status.ok()) status = AggregatePending();
    if (status.ok()) status = RetirePending();
  }
  Announce();
  return status;
}

bool StoredCoordinator::MayWork() const {
  const std::lock_guard lock(mutex_);
  return activity_ == RunActivity::kActive;
}

Status StoredCoordinator::AggregatePending() {
  std::optional<Aggregate> aggregate;
  {
    const std::lock_guard lock(mutex_);
    aggregate = pending_;
  }
  if (!aggregate) return OkStatus();
  const ReductionParts parts{layout_, codec_.get(), strategy_.get(), options_.blobs,
                             options_.hasher};
  CONSILIUM_ASSIGN_OR_RETURN(const ModelRef model,
                             Reduce(parts, *aggregate, [this] { return stopping_.load(); }));
  const std::lock_guard lock(mutex_);
  CONSILIUM_RETURN_IF_ERROR(Apply(ModelStored{aggregate->round, model}));
  pending_.reset();
  return OkStatus();
}

Status StoredCoordinator::RetirePending() {
  while (true) {
    RoundNumber round = 0;
    std::vector<SiteId> sites;
    std::set<std::string> kept;
    {
      const std::lock_guard lock(mutex_);
      if (retired_.empty()) return OkStatus();
      round = retired_.front();
      for (const auto& [site, known] : engine_.sites()) sites.push_back(site);
      const RoundNumber latest = engine_.model().version;
      kept = {ModelBlobName(kInitialModel), ModelBlobName(latest),
              ModelBlobName(engine_.best_model().version)};
      for (int slot = 0; slot < strategy_->state_slots(); ++slot) {
        kept.insert(StateBlobName(latest, slot));
      }
    }
    for (const SiteId& site : sites) {
      const auto site_lock = spool_.LockSite(site);
      CONSILIUM_RETURN_IF_ERROR(spool_.Remove(round, site));
    }
    for (const std::string_view folder : {"models/", "state/"}) {
      CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                                 options_.blobs->List(folder));
      for (const std::string& name : names) {
        if (!kept.contains(name)) CONSILIUM_RETURN_IF_ERROR(options_.blobs->Remove(name));
      }
    }
    const std::lock_guard lock(mutex_);
    retired_.pop_front();
  }
}

Status StoredCoordinator::PassDeadline() {
  const std::lock_guard lock(mutex_);
  if (!deadline_ || Now() < deadline_->at) return OkStatus();
  const SetDeadline passed = *deadline_;
  deadline_.reset();
  Status applied = Apply(DeadlinePassed{passed.round});
  if (!applied.ok()) deadline_ = passed;
  return applied;
}

Status StoredCoordinator::LoseSilentSites() {
  const std::lock_guard lock(mutex_);
  if (engine_.phase() == RoundPhase::kFinished) return OkStatus();
  const Timestamp now = Now();
  std::vector<SiteId> silent;
  for (const auto& [site, known] : engine_.sites()) {
    const Presence& presence = presence_[site];
    const bool expired = presence.last_seen + options_.plan.rounds.site_lease < now;
    if (known.live && presence.waiting_calls == 0 && expired) silent.push_back(site);
  }
  for (const SiteId& site : silent) CONSILIUM_RETURN_IF_ERROR(Apply(SiteLost{site}));
  return OkStatus();
}

void StoredCoordinator::RunWorker() {
  Status reported;
  while (!stopping_) {
    const Status status = Pump();
    if (stopping_) return;
    if (!status.ok() && status != reported) {
      {
        const std::lock_guard lock(mutex_);
        lines_.push_back("round " + std::to_string(engine_.round()) +
                         " cannot go on, trying again: " + status.message());
      }
      Announce();
    }
    reported = status;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, status.ok() ? kLookAtClock : kRetryAfterFailure, [&] {
      const bool active = activity_ == RunActivity::kActive;
      return stopping_ || (active && status.ok() && (pending_ || !retired_.empty()));
    });
  }
}

void StoredCoordinator::Shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const std::lock_guard lock(worker_mutex_);
  if (worker_.joinable() && worker_.get_id() != std::this_thread::get_id()) worker_.join();
}

}  // namespace consilium
