#include "common/federation/round_engine.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

std::vector<Command> Refuse(Status reason) { return {Reject{std::move(reason)}}; }

/// No count of images or labels is larger; sums of many such stay exact in int64 and in JSON.
constexpr std::int64_t kMaxCount = std::int64_t{1} << 40;

bool InRange(std::int64_t count) { return count >= 0 && count <= kMaxCount; }

bool AllInRange(const std::vector<std::int64_t>& counts) {
  return std::all_of(counts.begin(), counts.end(), InRange);
}

bool CountsInRange(const TaskCounts& counts) {
  return InRange(counts.n) &&
         std::all_of(counts.classifications.begin(), counts.classifications.end(),
                     [](const ClassCounts& part) {
                       return AllInRange(part.confusion) && AllInRange(part.negative_scores) &&
                              AllInRange(part.positive_scores);
                     }) &&
         std::all_of(counts.zones.begin(), counts.zones.end(),
                     [](const ZoneCounts& zone) { return InRange(zone.n) && InRange(zone.exact); });
}

std::string Named(const SiteId& site) { return "site " + site.str(); }

Status TooLate(RoundNumber round, RoundNumber current) {
  return FailedPrecondition("round " + std::to_string(round) +
                            " takes no updates, the current round is " + std::to_string(current));
}

}  // namespace

std::string_view ToString(RoundPhase phase) {
  switch (phase) {
    case RoundPhase::kOpening:
      return "opening";
    case RoundPhase::kGathering:
      return "gathering";
    case RoundPhase::kTraining:
      return "training";
    case RoundPhase::kAggregating:
      return "aggregating";
    case RoundPhase::kEvaluating:
      return "evaluating";
    case RoundPhase::kFinished:
      return "finished";
  }
  return "?";
}

RoundEngine::RoundEngine(Options options)
    : options_(std::move(options)), monitor_(options_.schedule, options_.learning_rate) {}

std::vector<Command> RoundEngine::Step(const Event& event) {
  if (event.at < now_) return Refuse(FailedPrecondition("time goes back"));
  std::vector<Command> commands =
      std::visit([&](const auto& what) { return On(what, event.at); }, event.what);
  const bool refused = !commands.empty() && std::holds_alternative<Reject>(commands.front());
  if (!refused) now_ = event.at;
  return commands;
}

Instruction RoundEngine::InstructionFor(const SiteId& site) const {
  Instruction instruction;
  instruction.round = round_;
  instruction.best_version = best_version();
  const auto known = sites_.find(site);
  if (known != sites_.end()) instruction.counted_version = known->second.counted_version;
  if (phase_ == RoundPhase::kFinished) {
    instruction.kind = InstructionKind::kFinish;
    instruction.model = best_model_;
  } else if (phase_ == RoundPhase::kTraining && selected_.contains(site) &&
             !updates_.contains(site)) {
    instruction.kind = InstructionKind::kTrain;
    instruction.model = model_;
    instruction.learning_rate = monitor_.learning_rate();
    instruction.loss_factors = weights_.at(site).loss_factors;
  } else if (phase_ == RoundPhase::kEvaluating && IsEvaluator(site) &&
             !evaluations_.contains(site)) {
    instruction.kind = InstructionKind::kEvaluate;
    instruction.model = model_;
  }
  return instruction;
}

// --- Events -------------------------------------------------------------------------------------

RoundEngine::Commands RoundEngine::On(const RunOpened& event, Timestamp) {
  if (phase_ != RoundPhase::kOpening) {
    return Refuse(FailedPrecondition("the run is open already"));
  }
  if (event.model.version != 0) {
    return Refuse(InvalidArgument("a run opens with model version 0, not " +
                                  std::to_string(event.model.version)));
  }
  model_ = event.model;
  best_model_ = event.model;
  phase_ = RoundPhase::kGathering;
  return {};
}

RoundEngine::Commands RoundEngine::On(const SiteJoined& event, Timestamp at) {
  if (phase_ == RoundPhase::kOpening) return Refuse(FailedPrecondition("the run is not open"));
  const SiteId& site = event.declaration.site;
  const auto known = sites_.find(site);
  if (known != sites_.end()) {
    if (!(known->second.declaration == event.declaration)) {
      return Refuse(AlreadyExists(Named(site) + ": joined before with another declaration"));
    }
    if (Status status = CheckBeginning(event.declaration); !status.ok()) {
      return Refuse(std::move(status));
    }
    known->second.live = true;
  } else {
    if (phase_ == RoundPhase::kFinished) return Refuse(FailedPrecondition("the run is over"));
    if (Status status = CheckDeclaration(event.declaration); !status.ok()) {
      return Refuse(std::move(status));
    }
    if (Status status = CheckBeginning(event.declaration); !status.ok()) {
      return Refuse(std::move(status));
    }
    sites_[site] = Site{event.declaration, true, 0};
  }
  const auto live = std::count_if(sites_.begin(), sites_.end(),
                                  [](const auto& entry) { return entry.second.live; });
  const bool complete = phase_ == RoundPhase::kGathering && live >= options_.rounds.expected_sites;
  const bool deserted = phase_ == RoundPhase::kTraining && selected_.empty();
  return complete || deserted ? SelectAndTrain(at) : Commands{};
}

RoundEngine::Commands RoundEngine::On(const UpdateSpooled& event, Timestamp) {
  const Update update{event.digest, event.images_used, event.steps};
  const auto known = updates_.find(event.site);
  if (event.round == round_ && known != updates_.end()) {
    if (known->second == update) return {};
    return Refuse(AlreadyExists(Named(event.site) + ": another update of round " +
                                std::to_string(event.round) + " was accepted before"));
  }
  if (phase_ != RoundPhase::kTraining || event.round != round_) {
    return Refuse(TooLate(event.round, round_));
  }
  if (!selected_.contains(event.site)) {
    return Refuse(
        FailedPrecondition(Named(event.site) + ": not part of round " + std::to_string(round_)));
  }
  if (!InRange(event.images_used) || !InRange(event.steps)) {
    return Refuse(InvalidArgument(Named(event.site) + ": images_used, steps: expected 0 to 2^40"));
  }
  sites_.at(event.site).live = true;
  updates_[event.site] = update;
  return AllUpdatesIn() ? StartAggregation() : Commands{WakeSites{}};
}

RoundEngine::Commands RoundEngine::On(const ModelStored& event, Timestamp at) {
  if (phase_ != RoundPhase::kAggregating || event.round != round_ ||
      event.model.version != round_ + 1) {
    return Refuse(FailedPrecondition("no model of round " + std::to_string(event.round) +
                                     " is expected now"));
  }
  model_ = event.model;
  evaluations_.clear();
  if (!IsEvaluatedRound()) return ConcludeRound(at, false);
  phase_ = RoundPhase::kEvaluating;
  const bool anybody = std::any_of(selected_.begin(), selected_.end(),
                                   [this](const SiteId& site) { return IsEvaluator(site); });
  if (!anybody) return ConcludeRound(at, true);
  deadline_ = at + options_.rounds.deadline;
  return {WakeSites{}, SetDeadline{round_, deadline_}};
}

RoundEngine::Commands RoundEngine::On(const EvaluationReceived& event, Timestamp at) {
  if (event.version == model_.version && evaluations_.contains(event.site)) return {};
  if (phase_ != RoundPhase::kEvaluating || event.version != model_.version) {
    return Refuse(FailedPrecondition("model version " + std::to_string(event.version) +
                                     " is not being evaluated, the current round is " +
                                     std::to_string(round_)));
  }
  if (!IsEvaluator(event.site)) {
    return Refuse(FailedPrecondition(Named(event.site) + ": not asked to evaluate version " +
                                     std::to_string(event.version)));
  }
  if (Status status = CheckCounts(event); !status.ok()) return Refuse(std::move(status));
  sites_.at(event.site).live = true;
  evaluations_[event.site] = event.tasks;
  return AllEvaluationsIn() ? ConcludeRound(at, true) : Commands{WakeSites{}};
}

RoundEngine::Commands RoundEngine::On(const DeadlinePassed& event, Timestamp at) {
  const bool waiting = phase_ == RoundPhase::kTraining || phase_ == RoundPhase::kEvaluating;
  if (!waiting || event.round != round_ || at < deadline_) {
    return Refuse(
        FailedPrecondition("no deadline of round " + std::to_string(event.round) + " has passed"));
  }
  if (phase_ == RoundPhase::kEvaluating) return ConcludeRound(at, true);
  const bool quorum = static_cast<int>(updates_.size()) >= options_.rounds.quorum;
  return quorum ? StartAggregation() : SelectAndTrain(at);
}

RoundEngine::Commands RoundEngine::On(const SiteLost& event, Timestamp at) {
  const auto known = sites_.find(event.site);
  if (known == sites_.end()) return Refuse(NotFound(Named(event.site) + ": never joined"));
  if (!known->second.live) return Refuse(FailedPrecondition(Named(event.site) + ": lost before"));
  known->second.live = false;
  if (phase_ == RoundPhase::kTraining && AllUpdatesIn()) return StartAggregation();
  if (phase_ == RoundPhase::kEvaluating && AllEvaluationsIn()) return ConcludeRound(at, true);
  return {};
}

// --- What holds ---------------------------------------------------------------------------------

Status RoundEngine::CheckDeclaration(const SiteDeclaration& declaration) const {
  const std::string at = Named(declaration.site) + ": ";
  if (declaration.site.empty()) return InvalidArgument("site: expected a name");
  if (declaration.train_images < 1 || !InRange(declaration.train_images)) {
    return InvalidArgument(at + "train_images: expected 1 to 2^40");
  }
  if (!InRange(declaration.set_aside)) {
    return InvalidArgument(at + "set_aside: expected 0 to 2^40");
  }
  if (declaration.tasks.empty()) {
    return InvalidArgument(at + "tasks: has labels of no task of this run");
  }
  std::set<TaskId> seen;
  for (const TaskHolding& holding : declaration.tasks) {
    const bool known = std::any_of(options_.tasks.begin(), options_.tasks.end(),
                                   [&](const TaskSpec& task) { return task.id == holding.task; });
    if (!known || !seen.insert(holding.task).second) {
      return InvalidArgument(at + "tasks: '" + holding.task.str() +
                             "' is no task of this run or named twice");
    }
    if (holding.train < 1 || holding.train > declaration.train_images ||
        !InRange(holding.validation) || !InRange(holding.set_aside)) {
      return InvalidArgument(at + "tasks: '" + holding.task.str() +
                             "': expected 1 to train_images training labels, 0 to 2^40 others");
    }
  }
  return OkStatus();
}

Status RoundEngine::CheckBeginning(const SiteDeclaration& last) const {
  if (phase_ != RoundPhase::kGathering) return OkStatus();
  std::vector<SiteDeclaration> declarations{last};
  for (const auto& [id, site] : sites_) {
    if (site.live && id != last.site) declarations.push_back(site.declaration);
  }
  if (static_cast<int>(declarations.size()) < options_.rounds.expected_sites) return OkStatus();
  return CheckHolders(options_.needs, declarations)
      .WithContext(Named(last.site) + ": the run cannot begin");
}

Status RoundEngine::CheckCounts(const EvaluationReceived& event) const {
  std::set<TaskId> seen;
  for (const TaskCounts& counts : event.tasks) {
    const auto task = std::find_if(options_.tasks.begin(), options_.tasks.end(),
                                   [&](const TaskSpec& spec) { return spec.id == counts.task; });
    const std::string at = Named(event.site) + ": evaluation of task '" + counts.task.str() + "': ";
    if (task == options_.tasks.end() || !seen.insert(counts.task).second) {
      return InvalidArgument(at + "is no task of this run or named twice");
    }
    if (!CountsInRange(counts)) return InvalidArgument(at + "expected counts from 0 to 2^40");
    TaskCounts shape = EmptyCounts(*task);
    CONSILIUM_RETURN_IF_ERROR(Merge(shape, counts).WithContext(Named(event.site)));
  }
  return OkStatus();
}

bool RoundEngine::IsEvaluator(const SiteId& site) const {
  const auto known = sites_.find(site);
  if (known == sites_.end() || !selected_.contains(site)) return false;
  const auto& tasks = known->second.declaration.tasks;
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const TaskHolding& holding) { return holding.validation > 0; });
}

bool RoundEngine::IsEvaluatedRound() const {
  const std::int64_t done = std::int64_t{round_} + 1;
  return done % options_.rounds.evaluate_every == 0 || done >= options_.rounds.rounds;
}

bool RoundEngine::AllUpdatesIn() const {
  return static_cast<int>(updates_.size()) >= options_.rounds.quorum &&
         std::all_of(selected_.begin(), selected_.end(), [this](const SiteId& site) {
           return updates_.contains(site) || !sites_.at(site).live;
         });
}

bool RoundEngine::AllEvaluationsIn() const {
  return !evaluations_.empty() &&
         std::all_of(selected_.begin(), selected_.end(), [this](const SiteId& site) {
           return evaluations_.contains(site) || !IsEvaluator(site) || !sites_.at(site).live;
         });
}

std::optional<double> RoundEngine::PooledLoss() const {
  std::vector<TaskCounts> pooled;
  for (const TaskSpec& task : options_.tasks) pooled.push_back(EmptyCounts(task));
  for (const auto& [site, tasks] : evaluations_) {
    for (const TaskCounts& counts : tasks) {
      const auto into = std::find_if(pooled.begin(), pooled.end(),
                                     [&](const TaskCounts& p) { return p.task == counts.task; });
      CONSILIUM_CHECK(Merge(*into, counts).ok());  // CheckCounts saw these before
    }
  }
  return WeightedLoss(options_.tasks, pooled);
}

// --- Steps from phase to phase ------------------------------------------------------------------

RoundEngine::Commands RoundEngine::SelectAndTrain(Timestamp at) {
  phase_ = RoundPhase::kTraining;
  selected_.clear();
  std::vector<SiteDeclaration> declarations;
  for (const auto& [id, site] : sites_) {
    if (!site.live && !updates_.contains(id)) continue;
    selected_.insert(id);
    declarations.push_back(site.declaration);
  }
  weights_ = ComputeWeights(options_.weighting, declarations);
  deadline_ = at + options_.rounds.deadline;
  return {WakeSites{}, SetDeadline{round_, deadline_}};
}

RoundEngine::Commands RoundEngine::StartAggregation() {
  phase_ = RoundPhase::kAggregating;
  Aggregate aggregate{round_, model_, {}, weights_, {}};
  for (const auto& [site, update] : updates_) {
    aggregate.updates.emplace_back(site, update.images_used);
    sites_.at(site).counted_version = round_ + 1;
    aggregate.steps[site] = update.steps;
  }
  return {WakeSites{}, std::move(aggregate)};
}

RoundEngine::Commands RoundEngine::ConcludeRound(Timestamp at, bool evaluated) {
  const std::optional<double> loss = evaluated ? PooledLoss() : std::nullopt;
  if (evaluated && monitor_.Observe(round_, loss)) best_model_ = model_;
  history_.emplace_back(model_.version, loss);
  Commands commands{Retire{round_}};
  if (round_ + 1 >= options_.rounds.rounds || monitor_.should_stop()) {
    phase_ = RoundPhase::kFinished;
    commands.insert(commands.end(), {Finish{best_version(), best_model_}, WakeSites{}});
    return commands;
  }
  ++round_;
  updates_.clear();
  evaluations_.clear();
  for (Command& command : SelectAndTrain(at)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace consilium
