#include "aggregator/runs/run_queue.h"

#include <algorithm>
#include <iterator>

namespace consilium {
namespace {

/// Which states may follow which, whoever asks.
bool MayFollow(RunState from, RunState to, RunState before_pause) {
  switch (to) {
    case RunState::kQueued:
      return from == RunState::kPaused && before_pause == RunState::kQueued;
    case RunState::kWaiting:
      return from == RunState::kQueued ||
             (from == RunState::kPaused && before_pause == RunState::kWaiting);
    case RunState::kRunning:
      return from == RunState::kWaiting ||
             (from == RunState::kPaused && before_pause == RunState::kRunning);
    case RunState::kPaused:
      return from == RunState::kQueued || from == RunState::kWaiting || from == RunState::kRunning;
    case RunState::kFinished:
    case RunState::kIncomplete:
      return from == RunState::kRunning;
    case RunState::kFailed:
    case RunState::kCancelled:
      return !IsOver(from);
    case RunState::kRemoved:
      return IsOver(from) && from != RunState::kRemoved;
  }
  return false;
}

bool GoesOn(RunState state) { return state == RunState::kWaiting || state == RunState::kRunning; }

std::string Named(const RunId& run) { return "run " + run.str(); }

}  // namespace

Status RunQueue::Apply(const RunChange& change) {
  if (change.sequence != last_sequence_ + 1) {
    return DataLoss(Named(change.run) + ": change " + std::to_string(change.sequence) +
                    " follows change " + std::to_string(last_sequence_));
  }
  const auto known = runs_.find(change.run);
  if (known == runs_.end()) {
    if (change.state != RunState::kQueued) {
      return NotFound(Named(change.run) + ": there is no such run");
    }
    runs_[change.run].changes.push_back(change);
    order_.push_back(change.run);
  } else {
    Run& run = known->second;
    if (!MayFollow(run.state, change.state, run.before_pause)) {
      return FailedPrecondition(Named(change.run) + ": is " + std::string(ToString(run.state)));
    }
    if (change.state == RunState::kPaused) run.before_pause = run.state;
    run.state = change.state;
    run.changes.push_back(change);
  }
  last_sequence_ = change.sequence;
  return OkStatus();
}

Status RunQueue::CheckNew(const RunId& run) const {
  if (!runs_.contains(run)) return OkStatus();
  return AlreadyExists(Named(run) + ": the name is taken, expected one that no run ever had");
}

Result<RunState> RunQueue::Decide(const RunId& run, RunOrder order) const {
  CONSILIUM_ASSIGN_OR_RETURN(const Run* const known, Find(run));
  const std::string is = Named(run) + ": is " + std::string(ToString(known->state));
  switch (order) {
    case RunOrder::kPause:
      if (known->state == RunState::kPaused || IsOver(known->state)) {
        return FailedPrecondition(is + ", expected queued, waiting or running");
      }
      return RunState::kPaused;
    case RunOrder::kResume:
      if (known->state != RunState::kPaused) return FailedPrecondition(is + ", expected paused");
      return known->before_pause;
    case RunOrder::kCancel:
      if (IsOver(known->state)) return FailedPrecondition(is + " already");
      return RunState::kCancelled;
    case RunOrder::kRemove:
      if (known->state == RunState::kRemoved) return FailedPrecondition(is + " already");
      if (!IsOver(known->state)) {
        return FailedPrecondition(is + ", expected one that is over; cancel it first");
      }
      return RunState::kRemoved;
  }
  return Internal("an order without a rule");
}

std::vector<RunId> RunQueue::Active() const {
  std::vector<RunId> active;
  std::ranges::copy_if(order_, std::back_inserter(active),
                       [this](const RunId& run) { return GoesOn(runs_.at(run).state); });
  return active;
}

std::vector<RunId> RunQueue::PausedActive() const {
  std::vector<RunId> paused;
  std::ranges::copy_if(order_, std::back_inserter(paused), [this](const RunId& run) {
    const Run& known = runs_.at(run);
    return known.state == RunState::kPaused && GoesOn(known.before_pause);
  });
  return paused;
}

std::optional<RunId> RunQueue::NextToOpen() const {
  if (std::ssize(Active()) >= max_active_) return std::nullopt;
  const auto found = std::ranges::find_if(
      order_, [this](const RunId& run) { return runs_.at(run).state == RunState::kQueued; });
  return found == order_.end() ? std::nullopt : std::optional(*found);
}

std::optional<RunState> RunQueue::AfterPhase(const RunId& run, RoundPhase phase, bool met) const {
  const auto known = runs_.find(run);
  if (known == runs_.end()) return std::nullopt;
  const RunState state = known->second.state;
  const bool begun = phase != RoundPhase::kOpening && phase != RoundPhase::kGathering;
  // A run that was over before anybody looked still passes through running.
  if (state == RunState::kWaiting && begun) return RunState::kRunning;
  if (state == RunState::kRunning && phase == RoundPhase::kFinished) {
    return met ? RunState::kFinished : RunState::kIncomplete;
  }
  return std::nullopt;
}

Result<const RunQueue::Run*> RunQueue::Find(const RunId& run) const {
  const auto known = runs_.find(run);
  if (known == runs_.end()) return NotFound(Named(run) + ": there is no such run");
  return &known->second;
}

}  // namespace consilium
