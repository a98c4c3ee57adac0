/// What a StoredCoordinator does by itself: aggregation, deadlines, silent sites.
#include "aggregator/stored_coordinator.h"

namespace consilium {
namespace {

/// The worker looks at the clock this often; work that was asked for wakes it at once.
constexpr Millis kLookAtClock{100};
constexpr Millis kRetryAfterFailure{1'000};

}  // namespace

/// Says once that something finds no room or cannot be done, and once that it is over.
Status StoredCoordinator::Noted(Write write, Status status) {
  const bool failed =
      write == Write::kWork ? !status.ok() : status.code() == StatusCode::kResourceExhausted;
  if (!failed && (!status.ok() || !in_trouble_)) return status;
  {
    const std::lock_guard lock(mutex_);
    const std::string at = "round " + std::to_string(engine_.round());
    const auto known = trouble_.find(write);
    // Calls of many sites fail alike, each with its own file's name.
    const bool told =
        known != trouble_.end() && (write != Write::kWork || known->second == status.message());
    if (failed) trouble_[write] = status.message();
    if (failed && !told) {
      lines_.push_back(at + " cannot go on, trying again: " + status.message());
    } else if (!failed && known != trouble_.end()) {
      lines_.push_back(at + " goes on");
      trouble_.erase(known);
    }
    in_trouble_ = !trouble_.empty();
  }
  Announce();
  return status;
}

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
  return stopping_ ? status : Noted(Write::kWork, std::move(status));
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
  const ReductionParts parts{
      layout_, codec_.get(), strategy_.get(), options_.blobs, options_.hasher, 0, &sent_models_};
  CONSILIUM_ASSIGN_OR_RETURN(const ModelRef model,
                             Reduce(parts, *aggregate, [this] { return stopping_.load(); }));
  CONSILIUM_ASSIGN_OR_RETURN(ModelRef sent, sent_models_.Write(model));
  const std::lock_guard lock(mutex_);
  CONSILIUM_RETURN_IF_ERROR(Apply(ModelStored{aggregate->round, model}));
  sent_ = std::move(sent);
  // Under fedbuff the next buffer may be full already.
  if (pending_->round == aggregate->round) pending_.reset();
  return OkStatus();
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
  while (!stopping_) {
    const Status status = Pump();
    if (stopping_) return;
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
