/// Which run is in which state, and which comes next. Owns no file, clock, thread or socket.
///
///   queued --opened--> waiting --first round--> running --last round--> finished | incomplete
///   queued, waiting, running --pause--> paused --resume--> the state before
///   any that is not over --cancel--> cancelled;  queued --cannot be opened--> failed
///   any that is over --remove--> removed
///
/// Active are the runs that wait for sites or run, at most so many; the oldest queued one comes next.
/// A paused run gives way to those behind it. Resumed it goes on at once, even if more than those
/// are active then: no other is opened until they are fewer.
/// Use      ask a decision for the change to make, store it, then Apply it; at a restart Apply all
///          stored changes in order.
/// Errors   kNotFound: no such run; kAlreadyExists: a name that is taken; kFailedPrecondition: not
///          in this state. A refused change alters nothing.
/// Threads  none inside; the caller's mutex.
#pragma once

#include "common/federation/round_engine.h"
#include "common/federation/run_status.h"

#include <map>
#include <optional>
#include <vector>

namespace consilium {

class RunQueue {
 public:
  /// `max_active` >= 1.
  explicit RunQueue(int max_active = 1) : max_active_(max_active) {}

  struct Run {
    std::vector<RunChange> changes;  ///< at least one
    RunState state = RunState::kQueued;
    RunState before_pause = RunState::kQueued;
  };

  /// Errors also if the sequence is not the next one: changes are missing.
  Status Apply(const RunChange& change);

  // Decisions: which state the run comes into.
  Status CheckNew(const RunId& run) const;
  Result<RunState> Decide(const RunId& run, RunOrder order) const;
  /// The queued run to open now; none while as many are active as may be.
  std::optional<RunId> NextToOpen() const;
  /// What an active run comes into when its rounds are in `phase`; empty if nothing changes.
  /// `met`: each round so far held what was agreed.
  std::optional<RunState> AfterPhase(const RunId& run, RoundPhase phase, bool met) const;

  /// In the order of their coming, as the next.
  std::vector<RunId> Active() const;
  /// Those that were active before they were paused.
  std::vector<RunId> PausedActive() const;
  Result<const Run*> Find(const RunId& run) const;
  /// In the order of their coming.
  const std::vector<RunId>& order() const { return order_; }
  std::int64_t last_sequence() const { return last_sequence_; }

 private:
  int max_active_;
  std::map<RunId, Run> runs_;
  std::vector<RunId> order_;
  std::int64_t last_sequence_ = 0;
};

}  // namespace consilium
