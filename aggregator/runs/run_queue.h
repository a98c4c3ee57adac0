/// Which run is in which state, and which comes next. Owns no file, clock, thread or socket.
///
///   queued --opened--> waiting --first round--> running --last round--> finished | incomplete
///   queued, waiting, running --pause--> paused --resume--> the state before
///   any that is not over --cancel--> cancelled;  queued --cannot be opened--> failed
///   any that is over --remove--> removed
///
/// One run is active at a time (waiting, running, or paused after it was opened); the oldest queued
/// one comes next. A run paused while queued gives way to those behind it.
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
  /// The queued run to open now; none while another is active.
  std::optional<RunId> NextToOpen() const;
  /// What the active run comes into when its rounds are in `phase`; empty if nothing changes.
  /// `met`: each round so far held what was agreed.
  std::optional<RunState> AfterPhase(RoundPhase phase, bool met) const;

  std::optional<RunId> Active() const;
  Result<const Run*> Find(const RunId& run) const;
  /// In the order of their coming.
  const std::vector<RunId>& order() const { return order_; }
  std::int64_t last_sequence() const { return last_sequence_; }

 private:
  std::map<RunId, Run> runs_;
  std::vector<RunId> order_;
  std::int64_t last_sequence_ = 0;
};

}  // namespace consilium
