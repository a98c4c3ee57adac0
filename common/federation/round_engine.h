/// Decides what the aggregator does next. Owns no socket, thread, clock, file or tensor.
///
///   kOpening --RunOpened--> kGathering --expected sites joined--> kTraining
///   kTraining --all in, or quorum and deadline--> kAggregating
///             --deadline without quorum--> kTraining: same model, same round, new deadline
///   kAggregating --ModelStored--> kEvaluating, or where it would lead if this model is not evaluated
///   kEvaluating --all in, or deadline--> kTraining, round + 1 | kFinished
///
/// Sites        all live sites are selected when a round starts, or a share of them that is drawn
///              (selection.h), or those of a list. A site that joins late takes part from the next
///              round; a lost site is not waited for and is alive again when it joins or submits. A
///              repeated round selects anew, first those that the attempt before did not ask, and
///              keeps the updates that it has, with the sites they came from; a round that found no
///              site starts with the first to come.
/// Evaluation   of the selected sites with validation labels, and where a share is drawn of all that
///              might have been, so that losses can be compared; if none has any, or none answers,
///              the version has no loss.
///              Every rounds.evaluate_every-th round's model is evaluated, and that of the last
///              round; the others have no loss and are passed over without asking anybody.
/// Left out     rounds.evaluation_sites never train: they are no part of the sites that a run begins
///              with, and are not selected. Each evaluated model goes to those that have joined, and
///              the evaluation waits for them as for the others; what they count is kept apart.
/// Schedule     plateau, patience and best version follow the pooled validation loss per version.
///              They see evaluated versions alone: plateau_patience and stop_patience count these,
///              not rounds, while warm_up is compared with the round's number. A version that was
///              not evaluated is never the best; before the first evaluation version 0 is.
/// Turned away  a site whose declaration contradicts the run is refused, one with too few usable
///              images abstains (participation.h). Its SiteJoined is rejected, and the Reject holds
///              the SiteTurnedAway that tells so: an event of its own, for the log keeps only what
///              was accepted. It is neither live nor selected; one that abstains is not waited for
///              either: the run begins without it, as soon as there are enough for the quorum. A
///              site may always try again; when it is accepted the note is gone.
/// Beginning    the declaration with which the expected sites are complete is refused if they are
///              fewer than the strategy needs (Options::needs); another site may come in its place.
/// Buffered     with Options::buffer (fedbuff) nobody waits for anybody (buffered_rounds.h): round r
///              is the making of version r + 1, from as many updates as fill the buffer, or, once
///              its deadline has passed, from quorum. Updates name the version that they started
///              from as their round. Sites go on training while versions are combined and evaluated;
///              kEvaluating is what is left of this after the last version.
/// Determinism  equal Options and equal events give equal commands: replaying a stored event log
///              rebuilds the state.
/// Units        Event::at is UTC milliseconds, set by the caller; it may stand still but never goes
///              back.
/// Errors       an event that is illegal in the current state changes nothing and returns one
///              Reject with its reason. Repeating what was accepted in the current round is no
///              error.
/// Invariants   (checked in every reachable state of small runs, round_engine_states_test.cc)
///              1 a rejected event changes nothing, and so does repeating an accepted one;
///              2 rounds go up one by one, each is aggregated once, and nothing follows the end;
///              3 an accepted update stays until its round is aggregated, and is then named once,
///                with a weight; at least quorum of them are;
///              4 only selected sites are asked to train, while they have not delivered, and only
///                sites with validation labels to evaluate, selected, drawn from or left out;
///              5 the best version is one that was stored and evaluated (0 before the first), and
///                never goes back;
///              6 from every state there is a way to the end: no run is stuck for good;
///              7 a site that never joined is asked nothing, whatever was noted of it;
///              8 a left-out site is never selected, no update of it is accepted, and what it counts
///                is in no loss, and so changes neither schedule nor best version.
/// Threads      none inside; copyable. RoundCoordinator calls it under its mutex.
#pragma once

#include "common/base/clock.h"
#include "common/federation/buffered_rounds.h"
#include "common/federation/messages.h"
#include "common/federation/participation.h"
#include "common/federation/run_plan.h"
#include "common/federation/run_status.h"
#include "common/federation/strategies/requirements.h"
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
  std::int64_t steps = 0;  ///< of the site's optimiser
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
/// A site asked to join and was not let in; `standing` is kRefused or kAbstained.
struct SiteTurnedAway {
  SiteId site;
  SiteStanding standing = SiteStanding::kRefused;
  std::string why;
  friend bool operator==(const SiteTurnedAway&, const SiteTurnedAway&) = default;
};
/// Under fedbuff: `site` was told to train from `version`, which must stay until it has delivered.
struct SiteBegan {
  SiteId site;
  RoundNumber version = 0;
};
/// The global model 0 is stored: the run may begin.
struct RunOpened {
  ModelRef model;
};

struct Event {
  Timestamp at;
  std::variant<RunOpened, SiteJoined, UpdateSpooled, ModelStored, EvaluationReceived,
               DeadlinePassed, SiteLost, SiteTurnedAway, SiteBegan>
      what;
};

/// The instruction of each selected site has changed (InstructionFor).
struct WakeSites {};
struct SetDeadline {
  RoundNumber round = 0;
  Timestamp at;
};
/// The one that was set is void.
struct NoDeadline {};
/// Where an update of a buffer comes from.
struct UpdateOrigin {
  RoundNumber started_from = 0;
  RoundNumber staleness = 0;
};
/// Combine exactly these updates, in this order, into model round + 1.
struct Aggregate {
  RoundNumber round = 0;
  ModelRef model;                                        ///< that the round started from
  std::vector<std::pair<SiteId, std::int64_t>> updates;  ///< SiteId order, with images used
  RoundWeights weights;
  std::map<SiteId, std::int64_t> steps;  ///< of each site's optimiser
  /// Under fedbuff, one per update, which are in order of arrival then; else all are of `round`.
  std::vector<UpdateOrigin> origins;
};
/// All updates that name this round may be deleted, these beside them, and all models but those that
/// are needed (NeededModels).
struct Retire {
  RoundNumber round = 0;
  std::vector<std::pair<RoundNumber, SiteId>> updates = {};  ///< under fedbuff
};
struct Finish {
  RoundNumber best_version = 0;
  ModelRef best_model;
};
struct Reject {
  Status reason;
  std::optional<SiteTurnedAway> note;  ///< the event that says so, where there is one
};
using Command = std::variant<WakeSites, SetDeadline, NoDeadline, Aggregate, Retire, Finish, Reject>;

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
    HolderNeeds needs;       ///< of the run's strategy: fewer sites than it asks for begin no run
    std::uint64_t seed = 0;  ///< of the run; draws come from a stream of their own
    int image_size = 0;      ///< pixels a side
    std::optional<FedBuffOptions> buffer = {};
    friend bool operator==(const Options&, const Options&) = default;
  };
  explicit RoundEngine(Options options);

  std::vector<Command> Step(const Event& event);

  /// What `site` should do now; kWait if nothing or if the site is unknown.
  Instruction InstructionFor(const SiteId& site) const;

  struct Site {
    SiteDeclaration declaration;
    bool live = true;
    RoundNumber counted_version = 0;  ///< newest model that an update of the site went into
    friend bool operator==(const Site&, const Site&) = default;
  };
  /// Everybody who ever joined.
  const std::map<SiteId, Site>& sites() const { return sites_; }
  bool IsSelected(const SiteId& site) const { return selected_.contains(site); }

  /// Who asked to join last and was not let in, known sites included.
  const std::map<SiteId, SiteTurnedAway>& turned_away() const { return turned_away_; }

  using Update = AcceptedUpdate;
  /// Accepted in the current round; under fedbuff those that wait in the buffer, of each site its
  /// latest.
  const std::map<SiteId, Update>& updates() const { return updates_; }
  /// The accepted update of `site` that names `round`, if it is known still.
  std::optional<Update> AcceptedBefore(const SiteId& site, RoundNumber round) const;
  /// Accepted and not yet in a stored model: these must not be deleted.
  std::vector<NamedUpdate> NeededUpdates() const;
  /// Versions that updates, sites at work and evaluations refer to, with the best and the latest.
  std::set<RoundNumber> NeededModels() const;
  /// Whether an update of `site` that names `round` would be taken now.
  Status CheckExpected(const SiteId& site, RoundNumber round) const;
  /// Whether sites may be told of this model now.
  bool Serves(const ModelRef& model) const;
  bool IsBuffered() const { return options_.buffer.has_value(); }
  /// Of a site that was told to train under fedbuff and has not delivered.
  std::optional<RoundNumber> UnderWay(const SiteId& site) const;

  bool OnlyEvaluates(const SiteId& site) const;
  bool MayTrain(const SiteId& site) const;
  /// What left-out sites counted of the version that was evaluated last.
  const std::map<SiteId, std::vector<TaskCounts>>& left_out() const { return left_out_; }

  RoundPhase phase() const { return phase_; }
  RoundNumber round() const { return round_; }
  const ModelRef& model() const { return model_; }
  /// 0 before the first evaluation.
  RoundNumber best_version() const { return monitor_.best_step() + 1; }
  const ModelRef& best_model() const { return best_model_; }
  std::optional<double> best_loss() const { return monitor_.best_loss(); }
  /// Validation loss of every version made so far, in order; none of one that was not evaluated.
  const std::vector<std::pair<RoundNumber, std::optional<double>>>& history() const {
    return history_;
  }
  friend bool operator==(const RoundEngine&, const RoundEngine&) = default;

 private:
  using Commands = std::vector<Command>;

  Commands On(const RunOpened& event, Timestamp at);
  Commands On(const SiteJoined& event, Timestamp at);
  Commands On(const UpdateSpooled& event, Timestamp at);
  Commands On(const ModelStored& event, Timestamp at);
  Commands On(const EvaluationReceived& event, Timestamp at);
  Commands On(const DeadlinePassed& event, Timestamp at);
  Commands On(const SiteLost& event, Timestamp at);
  Commands On(const SiteTurnedAway& event, Timestamp at);
  Commands On(const SiteBegan& event, Timestamp at);

  // Under fedbuff (round_engine_buffered.cc).
  Commands BeginBuffered(Timestamp at);
  void Enlist();
  /// Of a site that may train: whether it may begin from this version, or deliver what it made of it.
  Status CheckStart(const SiteId& site, RoundNumber version) const;
  Retire RetireBuffered(std::vector<std::pair<RoundNumber, SiteId>> combined) const;
  Instruction BufferedInstruction(const SiteId& site, Instruction instruction) const;
  Commands Buffer(const UpdateSpooled& event);
  Commands CombineNext();
  Commands StoredBuffered(const ModelRef& model, Timestamp at);
  Commands CountBuffered(const EvaluationReceived& event);
  Commands PassBufferedDeadline(const DeadlinePassed& event, Timestamp at);
  /// Those at the front of the line that are complete, or whose deadline has `passed`.
  Commands CloseEvaluations(std::optional<Timestamp> passed);
  bool IsCounted(const OpenVersion& open) const;
  Commands SetNextDeadline() const;
  void ForgetModels();

  RunContract Contract() const { return {options_.tasks, options_.rounds, options_.image_size}; }
  Commands TurnAway(const SiteId& site, SiteStanding standing, Status reason) const;
  /// Whether the run need not wait for more than these `live` sites to begin.
  bool AreAll(std::size_t live) const;
  /// Of the sites that the run would begin with if `last` joined.
  Status CheckBeginning(const SiteDeclaration& last) const;
  /// Of sites that may train.
  std::vector<SiteDeclaration> LiveDeclarations() const;
  bool IsEvaluator(const SiteId& site) const;
  /// Whether the model of the current round is to be evaluated.
  bool IsEvaluatedRound() const;
  bool AllUpdatesIn() const;
  bool AllEvaluationsIn() const;
  std::optional<double> PooledLoss() const;

  Commands SelectAndTrain(Timestamp at);
  std::set<SiteId> Selected(const std::vector<SiteDeclaration>& candidates) const;
  Commands StartAggregation();
  /// Of a round whose model was evaluated, or was not to be.
  Commands ConcludeRound(Timestamp at, bool evaluated);

  Options options_;
  ValidationMonitor monitor_;
  RoundPhase phase_ = RoundPhase::kOpening;
  RoundNumber round_ = 0;
  ModelRef model_;
  ModelRef best_model_;
  Timestamp now_;
  Timestamp deadline_;
  std::map<SiteId, Site> sites_;
  std::map<SiteId, SiteTurnedAway> turned_away_;
  std::set<SiteId> selected_;
  RoundWeights weights_;
  std::map<SiteId, Update> updates_;
  std::map<SiteId, std::vector<TaskCounts>> evaluations_;  // of selected sites
  std::map<SiteId, std::vector<TaskCounts>> left_out_;
  std::vector<std::pair<RoundNumber, std::optional<double>>> history_;
  BufferedRounds buffered_;  // under fedbuff
};

}  // namespace consilium
