#include "site_client/run_sessions.h"

#include <utility>

namespace consilium {

RunSessions::~RunSessions() {
  interrupt_.Request();
  for (auto& [run, thread] : threads_) thread.join();
}

void RunSessions::Start(const RunOffer& offer) {
  threads_.emplace(offer.plan.run, std::thread([this, offer] { Run(offer); }));
}

void RunSessions::Run(const RunOffer& offer) {
  const RunId& run = offer.plan.run;
  const auto set_paused = [this, &run](bool paused) { NotePause(run, paused); };
  const Status status = serve_(offer, interrupt_, set_paused);
  {
    const std::lock_guard lock(mutex_);
    paused_.erase(run);
    ended_.push_back({run, status});
  }
  one_ended_.notify_one();
}

void RunSessions::NotePause(const RunId& run, bool paused) {
  const std::lock_guard lock(mutex_);
  if (paused) {
    paused_.insert(run);
  } else {
    paused_.erase(run);
  }
}

std::optional<RunSessions::Ended> RunSessions::Next(Millis patience) {
  std::unique_lock lock(mutex_);
  if (!one_ended_.wait_for(lock, patience, [this] { return !ended_.empty(); })) return std::nullopt;
  Ended ended = std::move(ended_.front());
  ended_.pop_front();
  lock.unlock();
  const auto thread = threads_.find(ended.run);
  thread->second.join();
  threads_.erase(thread);
  return ended;
}

std::set<RunId> RunSessions::Paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

}  // namespace consilium
