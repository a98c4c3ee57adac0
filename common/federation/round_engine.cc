#include "common/federation/round_engine.h"

#include "common/federation/participation.h"
#include "common/federation/selection.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

std::vector<Command> Refuse(Status reason) { return {Reject{std::move(reason)}}; }

/// Of what is noted of a site; the texts in it may be a stranger's.
constexpr std::size_t kLongestWhy = 1000;

bool InRange(std::int64_t count) { return count >= 0 && count <= kMostCounted; }

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
    : options_(std::move(options)), monitor_(options_.schedule, options_.learning_rate) {
  if (IsBuffered()) buffered_.arrivals = ArrivalBuffer(*options_.buffer);
}

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
  } else if (IsBuffered()) {
    return BufferedInstruction(site, std::move(instruction));
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
    if (!IsSameDeclaration(known->second.declaration, event.declaration)) {
      Status status = CheckDeclaration(Contract(), event.declaration);
      if (status.ok()) {
        status = AlreadyExists(Named(site) + ": joined before with another declaration");
      }
      return TurnAway(site, SiteStanding::kRefused, std::move(status));
    }
    if (Status status = CheckBeginning(event.declaration); !status.ok()) {
      return TurnAway(site, SiteStanding::kRefused, std::move(status));
    }
    known->second.live = true;
  } else {
    if (phase_ == RoundPhase::kFinished) return Refuse(FailedPrecondition("the run is over"));
    if (Status status = CheckDeclaration(Contract(), event.declaration); !status.ok()) {
      return TurnAway(site, SiteStanding::kRefused, std::move(status));
    }
    if (const auto why = WhyAbstain(options_.rounds, event.declaration)) {
      return TurnAway(site, SiteStanding::kAbstained, InvalidArgument(Named(site) + ": " + *why));
    }
    if (Status status = CheckBeginning(event.declaration); !status.ok()) {
      return TurnAway(site, SiteStanding::kRefused, std::move(status));
    }
    sites_[site] = Site{event.declaration, true, 0};
  }
  turned_away_.erase(site);
  if (!MayTrain(site)) return {};
  if (IsBuffered() && phase_ != RoundPhase::kGathering) {
    Enlist();
    return {};
  }
  const bool complete = phase_ == RoundPhase::kGathering && AreAll(LiveDeclarations().size());
  const bool deserted = phase_ == RoundPhase::kTraining && selected_.empty();
  return complete || deserted ? SelectAndTrain(at) : Commands{};
}

RoundEngine::Commands RoundEngine::On(const UpdateSpooled& event, Timestamp) {
  if (IsBuffered()) return Buffer(event);
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
  if (OnlyEvaluates(event.site)) {
    return Refuse(FailedPrecondition(Named(event.site) + ": only evaluates in this run"));
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
  if (IsBuffered()) return StoredBuffered(event.model, at);
  model_ = event.model;
  evaluations_.clear();
  left_out_.clear();
  if (!IsEvaluatedRound()) return ConcludeRound(at, false);
  phase_ = RoundPhase::kEvaluating;
  const bool anybody = std::any_of(sites_.begin(), sites_.end(), [this](const auto& entry) {
    return IsEvaluator(entry.first) && (entry.second.live || selected_.contains(entry.first));
  });
  if (!anybody) return ConcludeRound(at, true);
  deadline_ = at + options_.rounds.deadline;
  return {WakeSites{}, SetDeadline{round_, deadline_}};
}

RoundEngine::Commands RoundEngine::On(const EvaluationReceived& event, Timestamp at) {
  if (IsBuffered()) return CountBuffered(event);
  auto& counted = OnlyEvaluates(event.site) ? left_out_ : evaluations_;
  if (event.version == model_.version && counted.contains(event.site)) return {};
  if (phase_ != RoundPhase::kEvaluating || event.version != model_.version) {
    return Refuse(FailedPrecondition("model version " + std::to_string(event.version) +
                                     " is not being evaluated, the current round is " +
                                     std::to_string(round_)));
  }
  if (!IsEvaluator(event.site)) {
    return Refuse(FailedPrecondition(Named(event.site) + ": not asked to evaluate version " +
                                     std::to_string(event.version)));
  }
  if (Status status = CheckCounts(options_.tasks, event.tasks); !status.ok()) {
    return Refuse(status.WithContext(Named(event.site)));
  }
  sites_.at(event.site).live = true;
  counted[event.site] = event.tasks;
  return AllEvaluationsIn() ? ConcludeRound(at, true) : Commands{WakeSites{}};
}

RoundEngine::Commands RoundEngine::On(const DeadlinePassed& event, Timestamp at) {
  if (IsBuffered()) return PassBufferedDeadline(event, at);
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
  if (IsBuffered()) return CloseEvaluations({});
  if (phase_ == RoundPhase::kTraining && AllUpdatesIn()) return StartAggregation();
  if (phase_ == RoundPhase::kEvaluating && AllEvaluationsIn()) return ConcludeRound(at, true);
  return {};
}

RoundEngine::Commands RoundEngine::On(const SiteTurnedAway& event, Timestamp at) {
  if (phase_ == RoundPhase::kOpening) return Refuse(FailedPrecondition("the run is not open"));
  if (phase_ == RoundPhase::kFinished) return Refuse(FailedPrecondition("the run is over"));
  const bool abstains = event.standing == SiteStanding::kAbstained;
  const bool told = (abstains || event.standing == SiteStanding::kRefused) &&
                    event.why.size() <= kLongestWhy && !event.site.empty();
  if (!told) return Refuse(InvalidArgument(Named(event.site) + ": turned away without a reason"));
  if (abstains && sites_.contains(event.site)) {
    return Refuse(AlreadyExists(Named(event.site) + ": has joined and cannot abstain"));
  }
  turned_away_[event.site] = event;
  if (phase_ != RoundPhase::kGathering) return {};
  const std::vector<SiteDeclaration> live = LiveDeclarations();
  const bool begins = AreAll(live.size()) && CheckHolders(options_.needs, live).ok();
  return begins ? SelectAndTrain(at) : Commands{};
}

// --- What holds ---------------------------------------------------------------------------------

RoundEngine::Commands RoundEngine::TurnAway(const SiteId& site, SiteStanding standing,
                                            Status reason) const {
  if (phase_ == RoundPhase::kFinished || site.empty()) return Refuse(std::move(reason));
  std::string why = reason.message();
  const std::string name = Named(site) + ": ";
  if (why.starts_with(name)) why.erase(0, name.size());
  if (why.size() > kLongestWhy) why.resize(kLongestWhy);
  if (standing == SiteStanding::kAbstained) {
    reason = {reason.code(), reason.message() + ": the site abstains from this run"};
  }
  return {Reject{std::move(reason), SiteTurnedAway{site, standing, std::move(why)}}};
}

bool RoundEngine::AreAll(std::size_t live) const {
  const auto abstains = [this](const auto& entry) {
    return entry.second.standing == SiteStanding::kAbstained && MayTrain(entry.first);
  };
  const auto abstained = std::count_if(turned_away_.begin(), turned_away_.end(), abstains);
  const auto there = static_cast<std::int64_t>(live);
  return there + abstained >= options_.rounds.expected_sites && there >= options_.rounds.quorum;
}

std::vector<SiteDeclaration> RoundEngine::LiveDeclarations() const {
  std::vector<SiteDeclaration> declarations;
  for (const auto& [id, site] : sites_) {
    if (site.live && MayTrain(id)) declarations.push_back(site.declaration);
  }
  return declarations;
}

Status RoundEngine::CheckBeginning(const SiteDeclaration& last) const {
  if (phase_ != RoundPhase::kGathering || !MayTrain(last.site)) return OkStatus();
  std::vector<SiteDeclaration> declarations = LiveDeclarations();
  const auto is_last = [&](const SiteDeclaration& one) { return one.site == last.site; };
  if (std::none_of(declarations.begin(), declarations.end(), is_last)) {
    declarations.push_back(last);
  }
  if (!AreAll(declarations.size())) return OkStatus();
  return CheckHolders(options_.needs, declarations)
      .WithContext(Named(last.site) + ": the run cannot begin");
}

bool RoundEngine::OnlyEvaluates(const SiteId& site) const {
  return consilium::OnlyEvaluates(options_.rounds, site);
}

bool RoundEngine::MayTrain(const SiteId& site) const {
  return consilium::MayTrain(options_.rounds, site);
}

bool RoundEngine::IsEvaluator(const SiteId& site) const {
  const auto known = sites_.find(site);
  const bool drawn_from = options_.rounds.select_fraction < 1 && MayTrain(site);
  const bool asked = selected_.contains(site) || drawn_from || OnlyEvaluates(site);
  if (known == sites_.end() || !asked) return false;
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
  // Those whose counts make the loss may come back while none of them has answered.
  const bool nobody = std::none_of(sites_.begin(), sites_.end(), [this](const auto& entry) {
    return IsEvaluator(entry.first) && !OnlyEvaluates(entry.first);
  });
  if (evaluations_.empty() && !(nobody && !left_out_.empty())) return false;
  return std::all_of(sites_.begin(), sites_.end(), [this](const auto& entry) {
    return evaluations_.contains(entry.first) || left_out_.contains(entry.first) ||
           !entry.second.live || !IsEvaluator(entry.first);
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
  if (IsBuffered()) return BeginBuffered(at);
  phase_ = RoundPhase::kTraining;
  std::vector<SiteDeclaration> candidates;
  for (const auto& [id, site] : sites_) {
    const bool there = site.live || updates_.contains(id);
    if (there && MayTrain(id)) candidates.push_back(site.declaration);
  }
  selected_ = Selected(candidates);
  std::erase_if(candidates, [this](const auto& one) { return !selected_.contains(one.site); });
  weights_ = ComputeWeights(options_.weighting, candidates);
  deadline_ = at + options_.rounds.deadline;
  return {WakeSites{}, SetDeadline{round_, deadline_}};
}

/// Before an attempt; selected_ still holds those of the attempt before, if there was one.
std::set<SiteId> RoundEngine::Selected(const std::vector<SiteDeclaration>& candidates) const {
  Draw draw{options_.seed,
            round_,
            options_.rounds.select_fraction,
            options_.rounds.quorum,
            options_.needs,
            {},
            selected_};
  for (const auto& [site, update] : updates_) {
    draw.first.insert(site);
    draw.last.erase(site);
  }
  return DrawSites(draw, candidates);
}

RoundEngine::Commands RoundEngine::StartAggregation() {
  phase_ = RoundPhase::kAggregating;
  Aggregate aggregate{round_, model_, {}, weights_, {}, {}};
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
  selected_.clear();
  for (Command& command : SelectAndTrain(at)) commands.push_back(std::move(command));
  return commands;
}

}  // namespace consilium
