/// What operators and the aggregator say to each other about runs, as plain structs (protobuf:
/// proto/consilium/v1/admin.proto). Threads: plain values.
#pragma once

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/federation/liveness.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

enum class RunState : std::uint8_t {
  kQueued,      ///< accepted; another run is active
  kWaiting,     ///< active; too few sites have joined
  kRunning,     ///< active; rounds go on
  kPaused,      ///< keeps its place; sites get no instructions
  kFinished,    ///< all rounds, each with the updates of all expected sites
  kIncomplete,  ///< all rounds, but one of them with too few sites
  kFailed,      ///< could not be opened
  kCancelled,   ///< ended by an operator
  kRemoved,     ///< was over, and an operator had its models and event log deleted
};
enum class RunOrder : std::uint8_t { kPause, kResume, kCancel, kRemove };

std::string_view ToString(RunState state);
std::string_view ToString(RunOrder order);
Result<RunState> ParseRunState(std::string_view text);
Result<RunOrder> ParseRunOrder(std::string_view text);
/// No round follows.
bool IsOver(RunState state);

/// A run came into `state`. Sequence numbers count all changes of an aggregator, from 1.
struct RunChange {
  std::int64_t sequence = 0;
  Timestamp at;
  RunId run;
  RunState state = RunState::kQueued;
  std::string cause;
  std::string actor;  ///< an operator's name, or "aggregator"
  friend bool operator==(const RunChange&, const RunChange&) = default;
};

struct RunSummary {
  RunChange last;
  RoundNumber round = 0;  ///< current one, or the last of a run that is over
  int rounds_planned = 0;
  int sites = 0;  ///< that ever joined
  std::optional<double> best_loss;
  std::string trouble;  ///< what cannot be done for the moment and is tried again; "": nothing
};

struct SiteStatus {
  SiteId site;
  RunId run;          ///< that it is in
  std::string doing;  ///< RunSnapshot::Site::state
  SitePulse pulse = {};
};

/// A deadline that all sites would have kept, from what they took (deadline_proposal.h).
struct DeadlineProposal {
  Millis deadline{0};  ///< proposed
  SiteId slowest;
  Millis took{0};  ///< by the slowest, from being asked to its update
  friend bool operator==(const DeadlineProposal&, const DeadlineProposal&) = default;
};

/// What became of a site in a round.
enum class SiteStanding : std::uint8_t {
  kOpen,        ///< asked, and the round still takes its update
  kIn,          ///< its update counts
  kLate,        ///< connected, but no update by the deadline
  kFailed,      ///< silent for longer than its lease
  kAbsent,      ///< not asked: lost before, or joined after the round had begun
  kUnselected,  ///< there, but not drawn, or not in the run's list
  kRefused,     ///< what it declares contradicts the run
  kEvaluates,   ///< never trains; what it counted of the round's model is beside it
  kAbstained,   ///< too many of its labelled images cannot be read
};
std::string_view ToString(SiteStanding standing);
Result<SiteStanding> ParseSiteStanding(std::string_view text);

/// Of one task on the images of one site.
struct TaskScore {
  TaskId task;
  std::int64_t images = 0;
  double loss = 0;
  std::map<std::string, double> metrics;  ///< by their names in summary.json (metrics.h)
  friend bool operator==(const TaskScore&, const TaskScore&) = default;
};

struct LedgerEntry {
  SiteId site;
  SiteStanding standing = SiteStanding::kOpen;
  std::string why;                     ///< of kEvaluates: its scores, for a person
  std::vector<TaskScore> scores = {};  ///< of kEvaluates
  Millis took{0};                      ///< of kIn: until its update was there; of kLate: at least
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};
struct LedgerRound {
  RoundNumber round = 0;
  int attempts = 1;     ///< more than one: repeated for want of a quorum
  bool closed = false;  ///< its updates are combined
  std::optional<double> validation_loss;
  std::vector<LedgerEntry> sites;  ///< all that ever joined or were turned away, by name
  friend bool operator==(const LedgerRound&, const LedgerRound&) = default;
};

struct RunDetail {
  RunSummary summary;
  std::vector<RunChange> changes;
  std::vector<SiteStatus> sites;
  std::vector<LedgerRound> rounds;
  std::string plan;  ///< YAML
  std::optional<DeadlineProposal> proposed;
};

/// A change of a run, or a line of one that is active.
struct AdminEvent {
  std::int64_t sequence = 0;  ///< counts from 1 since the aggregator started
  Timestamp at;
  RunId run;
  std::string actor;
  std::string text;
};

}  // namespace consilium
