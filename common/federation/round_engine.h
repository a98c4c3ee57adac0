/// Decides what the aggregator does next. Owns no socket, thread, clock, file or tensor.
///
///   kGathering --expected sites joined--> kTraining --all in, or quorum and deadline-->
///   kAggregating
///       kTraining --deadline without quorum--> kTraining, same model, same round number, new
///       deadline
///   kAggregating --ModelStored--> kEvaluating --all in, or deadline--> kTraining, round + 1 |
///   kFinished
///
/// A site that joins late takes part from the next round; a lost site is not waited for. The
/// schedule (plateau, patience, best round) follows the pooled validation loss of all evaluations
/// of a model version. Determinism  equal Options and equal events give equal commands: replaying a
/// stored event log rebuilds the state. Units        Event::at is UTC milliseconds, set by the
/// caller; it may stand still but never goes back. Errors       an event that is illegal in the
/// current state changes nothing and returns one Reject with its reason. Threads      none inside;
/// RoundCoordinator calls it under its mutex.
#pragma once

#include "common/base/clock.h"
#include "common/federation/messages.h"
#include "common/federation/run_plan.h"
#include "common/federation/weights.h"
#include "common/schedule/validation_monitor.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace consilium {

struct SiteJoined {
  SiteDeclaration declaration;
};
/// The update is whole, checked and synced.
struct UpdateSpooled {
  SiteId site;
  RoundNumber round = 0;
  std::string digest;
  std::int64_t images_used = 0;
};
/// The next global model of `round` is stored.
struct ModelStored {
  RoundNumber round = 0;
  ModelRef model;
};
struct EvaluationReceived {
  SiteId site;
  RoundNumber version = 0;
  std::vector<TaskCounts> tasks;
};
struct DeadlinePassed {
  RoundNumber round = 0;
};
struct SiteLost {
  SiteId site;
};
/// The global model 0 is stored: the run may begin.
struct RunOpened {
  ModelRef model;
};

struct Event {
  Timestamp at;
  std::variant<RunOpened, SiteJoined, UpdateSpooled, ModelStored, EvaluationReceived,
               DeadlinePassed, SiteLost>
      what;
};

/// The instruction of each selected site has changed (InstructionFor).
struct WakeSites {};
struct SetDeadline {
  RoundNumber round = 0;
  Timestamp at;
};
/// Combine exactly these updates, in this order, into model round + 1.
struct Aggregate {
  RoundNumber round = 0;
  ModelRef model;                                        ///< that the round started from
  std::vector<std::pair<SiteId, std::int64_t>> updates;  ///< SiteId order, with images used
  RoundWeights weights;
};
/// Everything of these rounds but the best and the latest model may be deleted.
struct Retire {
  RoundNumber round = 0;
};
struct Finish {
  RoundNumber best_version = 0;
  ModelRef best_model;
};
struct Reject {
  Status reason;
};
using Command = std::variant<WakeSites, SetDeadline, Aggregate, Retire, Finish, Reject>;

enum class RoundPhase : std::uint8_t {
  kOpening,
  kGathering,
  kTraining,
  kAggregating,
  kEvaluating,
  kFinished
};
std::string_view ToString(RoundPhase phase);

class RoundEngine {
 public:
  struct Options {
    std::vector<TaskSpec> tasks;
    RoundOptions rounds;
    ScheduleOptions schedule;
    Weighting weighting = Weighting::kPerGroup;
    double learning_rate = 1e-3;
  };
  explicit RoundEngine(Options options);

  std::vector<Command> Step(const Event& event);

  /// What `site` should do now; kWait if nothing or if the site is unknown.
  Instruction InstructionFor(const SiteId& site) const;

  RoundPhase phase() const { return phase_; }
  RoundNumber round() const { return round_; }
  const ModelRef& model() const { return model_; }
  RoundNumber best_version() const;
  std::optional<double> best_loss() const;
  /// Validation loss of every version evaluated so far, in order.
  const std::vector<std::pair<RoundNumber, std::optional<double>>>& history() const {
    return history_;
  }

 private:
  // To be completed by the implementation.
  Options options_;
  RoundPhase phase_ = RoundPhase::kOpening;
  RoundNumber round_ = 0;
  ModelRef model_;
  std::vector<std::pair<RoundNumber, std::optional<double>>> history_;
};

}  // namespace consilium
