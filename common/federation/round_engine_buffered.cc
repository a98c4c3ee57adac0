/// A RoundEngine whose updates are buffered: what differs from rounds that all sites begin together.
#include "common/federation/round_engine.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

std::vector<Command> NotTaken(Status reason) { return {Reject{std::move(reason)}}; }

std::string Of(const SiteId& site) { return "site " + site.str() + ": "; }

std::string Version(RoundNumber version) { return "version " + std::to_string(version); }

void Append(std::vector<Command>& commands, std::vector<Command> more) {
  for (Command& command : more) commands.push_back(std::move(command));
}

}  // namespace

// --- What sites do ------------------------------------------------------------------------------

RoundEngine::Commands RoundEngine::BeginBuffered(Timestamp at) {
  phase_ = RoundPhase::kTraining;
  buffered_.models[model_.version] = model_;
  buffered_.deadline = at + options_.rounds.deadline;
  Enlist();
  Commands commands{WakeSites{}};
  Append(commands, SetNextDeadline());
  return commands;
}

/// All who ever joined: what an update counts beside others must not hang on who is there just now.
void RoundEngine::Enlist() {
  std::vector<SiteDeclaration> declarations;
  for (const auto& [id, site] : sites_) {
    if (!MayTrain(id)) continue;
    selected_.insert(id);
    declarations.push_back(site.declaration);
  }
  weights_ = ComputeWeights(options_.weighting, declarations);
}

Instruction RoundEngine::BufferedInstruction(const SiteId& site, Instruction instruction) const {
  for (const auto& [version, open] : buffered_.open) {
    if (!open.evaluated || !IsEvaluator(site) || open.counted.contains(site)) continue;
    instruction.kind = InstructionKind::kEvaluate;
    instruction.round = version - 1;
    instruction.model = buffered_.models.at(version);
    return instruction;
  }
  const std::optional<RoundNumber> under_way = UnderWay(site);
  const RoundNumber from = under_way.value_or(model_.version);
  if (!selected_.contains(site) || !CheckStart(site, from).ok()) return instruction;
  instruction.kind = InstructionKind::kTrain;
  instruction.round = from;
  instruction.model = buffered_.models.at(from);
  instruction.learning_rate = monitor_.learning_rate();
  instruction.loss_factors = weights_.at(site).loss_factors;
  return instruction;
}

std::optional<RoundNumber> RoundEngine::UnderWay(const SiteId& site) const {
  const auto found = buffered_.under_way.find(site);
  if (found == buffered_.under_way.end()) return std::nullopt;
  return found->second;
}

RoundEngine::Commands RoundEngine::On(const SiteBegan& event, Timestamp) {
  if (!IsBuffered()) {
    return NotTaken(FailedPrecondition("rounds that all sites begin together note no beginning"));
  }
  if (UnderWay(event.site) == event.version) return {};
  const Instruction told = InstructionFor(event.site);
  if (told.kind != InstructionKind::kTrain || told.round != event.version) {
    return NotTaken(FailedPrecondition(Of(event.site) + "was not told to train from " +
                                       Version(event.version)));
  }
  buffered_.under_way[event.site] = event.version;
  ForgetModels();
  return {};
}

// --- Updates ------------------------------------------------------------------------------------

Status RoundEngine::CheckStart(const SiteId& site, RoundNumber version) const {
  const bool makes = phase_ == RoundPhase::kTraining || phase_ == RoundPhase::kAggregating;
  const ArrivalBuffer& arrivals = buffered_.arrivals;
  if (!makes || monitor_.should_stop() || arrivals.version() >= options_.rounds.rounds) {
    return FailedPrecondition("the run takes no more updates, its last version is being made");
  }
  if (arrivals.IsTooOld(version)) {
    return FailedPrecondition(Of(site) + Version(version) +
                              " is too old to start from, the latest is " +
                              Version(model_.version) + ": take that one");
  }
  if (arrivals.HasDelivered(site, version)) {
    return FailedPrecondition(Of(site) + "has delivered an update of " + Version(version) +
                              " or a later one");
  }
  return OkStatus();
}

Status RoundEngine::CheckExpected(const SiteId& site, RoundNumber round) const {
  if (IsBuffered()) {
    CONSILIUM_RETURN_IF_ERROR(CheckStart(site, round));
    if (UnderWay(site) == round) return OkStatus();
    return FailedPrecondition(Of(site) + "was not told to train from " + Version(round));
  }
  if (phase_ != RoundPhase::kTraining || round != round_) {
    return FailedPrecondition("round " + std::to_string(round) +
                              " takes no updates, the current round is " + std::to_string(round_));
  }
  if (selected_.contains(site)) return OkStatus();
  return FailedPrecondition(Of(site) + "not part of round " + std::to_string(round));
}

RoundEngine::Commands RoundEngine::Buffer(const UpdateSpooled& event) {
  const AcceptedUpdate update{event.digest, event.images_used, event.steps};
  if (const auto before = AcceptedBefore(event.site, event.round)) {
    if (*before == update) return {};
    return NotTaken(AlreadyExists(Of(event.site) + "another update of " + Version(event.round) +
                                  " was accepted before"));
  }
  if (Status expected = CheckExpected(event.site, event.round); !expected.ok()) {
    return NotTaken(std::move(expected));
  }
  if (std::min(event.images_used, event.steps) < 0 ||
      std::max(event.images_used, event.steps) > kMostCounted) {
    return NotTaken(InvalidArgument(Of(event.site) + "images_used, steps: expected 0 to 2^40"));
  }
  const std::int64_t number = buffered_.arrivals.arrivals();
  Result<BufferStep> step = buffered_.arrivals.Arrive(event.site, event.round);
  if (!step.ok()) return NotTaken(step.status());
  sites_.at(event.site).live = true;
  buffered_.accepted[number] = update;
  buffered_.last[event.site] = {event.round, update};
  buffered_.under_way.erase(event.site);
  updates_[event.site] = update;
  Commands commands{WakeSites{}};
  if (!step->updates.empty()) {
    updates_.clear();
    buffered_.steps.push_back(*std::move(step));
    if (phase_ == RoundPhase::kTraining) {
      Append(commands, CombineNext());
      Append(commands, SetNextDeadline());
    }
  }
  ForgetModels();
  return commands;
}

RoundEngine::Commands RoundEngine::CombineNext() {
  phase_ = RoundPhase::kAggregating;
  Aggregate aggregate{round_, model_, {}, weights_, {}, {}};
  for (const BufferedUpdate& update : buffered_.steps.front().updates) {
    const AcceptedUpdate& accepted = buffered_.accepted.at(update.arrival);
    aggregate.updates.emplace_back(update.site, accepted.images_used);
    aggregate.origins.push_back({update.started_from, update.staleness});
    sites_.at(update.site).counted_version = round_ + 1;
  }
  return {std::move(aggregate)};
}

/// Drafts of a version that is too old now are all that is left of it.
Retire RoundEngine::RetireBuffered(std::vector<std::pair<RoundNumber, SiteId>> combined) const {
  return {round_ - options_.buffer->max_staleness, std::move(combined)};
}

RoundEngine::Commands RoundEngine::StoredBuffered(const ModelRef& model, Timestamp at) {
  std::vector<std::pair<RoundNumber, SiteId>> combined;
  for (const BufferedUpdate& update : buffered_.steps.front().updates) {
    combined.emplace_back(update.started_from, update.site);
    buffered_.accepted.erase(update.arrival);
  }
  buffered_.steps.pop_front();
  model_ = model;
  buffered_.models[model.version] = model;
  const bool evaluated = IsEvaluatedRound() && !monitor_.should_stop();
  buffered_.open[model.version] = {evaluated, at + options_.rounds.deadline, {}};
  Commands commands{RetireBuffered(std::move(combined))};
  if (monitor_.should_stop() || model.version >= options_.rounds.rounds) {
    phase_ = RoundPhase::kEvaluating;
  } else {
    phase_ = RoundPhase::kTraining;
    round_ = model.version;
    buffered_.deadline = at + options_.rounds.deadline;
    if (!buffered_.steps.empty()) Append(commands, CombineNext());
  }
  Append(commands, CloseEvaluations({}));
  commands.emplace_back(WakeSites{});
  ForgetModels();
  return commands;
}

// --- Evaluations and deadlines ------------------------------------------------------------------

RoundEngine::Commands RoundEngine::CountBuffered(const EvaluationReceived& event) {
  const auto open = buffered_.open.find(event.version);
  if (open == buffered_.open.end() || !open->second.evaluated || !IsEvaluator(event.site)) {
    return NotTaken(
        FailedPrecondition(Of(event.site) + "is not asked to evaluate " + Version(event.version)));
  }
  if (open->second.counted.contains(event.site)) return {};
  if (Status status = CheckCounts(options_.tasks, event.tasks); !status.ok()) {
    return NotTaken(status.WithContext("site " + event.site.str()));
  }
  sites_.at(event.site).live = true;
  open->second.counted[event.site] = event.tasks;
  Commands commands{WakeSites{}};
  Append(commands, CloseEvaluations({}));
  return commands;
}

bool RoundEngine::IsCounted(const OpenVersion& open) const {
  if (!open.evaluated) return true;
  bool anybody = false;
  for (const auto& [id, site] : sites_) {
    if (!IsEvaluator(id)) continue;
    if (site.live && !open.counted.contains(id)) return false;
    anybody = anybody || !OnlyEvaluates(id);
  }
  // Those whose counts make the loss may come back while none of them has answered.
  const bool answered = std::ranges::any_of(
      open.counted, [this](const auto& entry) { return !OnlyEvaluates(entry.first); });
  return answered || !anybody;
}

RoundEngine::Commands RoundEngine::CloseEvaluations(std::optional<Timestamp> passed) {
  if (phase_ == RoundPhase::kGathering || phase_ == RoundPhase::kFinished) return {};
  while (!buffered_.open.empty() && !monitor_.should_stop()) {
    auto& [version, open] = *buffered_.open.begin();
    const bool due = passed && !(*passed < open.deadline);
    if (!IsCounted(open) && !due) break;
    evaluations_.clear();
    left_out_.clear();
    for (auto& [site, tasks] : open.counted) {
      (OnlyEvaluates(site) ? left_out_ : evaluations_)[site] = std::move(tasks);
    }
    const std::optional<double> loss = open.evaluated ? PooledLoss() : std::nullopt;
    if (open.evaluated && monitor_.Observe(version - 1, loss)) {
      best_model_ = buffered_.models.at(version);
    }
    history_.emplace_back(version, loss);
    buffered_.open.erase(buffered_.open.begin());
  }
  const bool made_all = phase_ == RoundPhase::kEvaluating && buffered_.open.empty();
  // What is being combined is stored first: nothing follows the end.
  const bool stops = monitor_.should_stop() && phase_ != RoundPhase::kAggregating;
  if (!made_all && !stops) {
    ForgetModels();
    return SetNextDeadline();
  }
  std::vector<std::pair<RoundNumber, SiteId>> left;
  for (const BufferStep& step : buffered_.steps) {
    for (const BufferedUpdate& one : step.updates) left.emplace_back(one.started_from, one.site);
  }
  for (const BufferedUpdate& one : buffered_.arrivals.waiting()) {
    left.emplace_back(one.started_from, one.site);
  }
  for (const auto& [site, version] : buffered_.under_way) left.emplace_back(version, site);
  phase_ = RoundPhase::kFinished;
  buffered_.under_way.clear();
  buffered_.open.clear();
  ForgetModels();
  return {RetireBuffered(std::move(left)), Finish{best_version(), best_model_}, WakeSites{}};
}

/// The earliest of the buffer's and of the evaluations', whose deadlines follow their order.
RoundEngine::Commands RoundEngine::SetNextDeadline() const {
  std::optional<Timestamp> next;
  if (phase_ == RoundPhase::kTraining) next = buffered_.deadline;
  for (const auto& [version, open] : buffered_.open) {
    if (open.evaluated && (!next || open.deadline < *next)) next = open.deadline;
  }
  if (!next) return {NoDeadline{}};
  return {SetDeadline{round_, *next}};
}

RoundEngine::Commands RoundEngine::PassBufferedDeadline(const DeadlinePassed& event, Timestamp at) {
  const Commands next = SetNextDeadline();
  const auto* due = std::get_if<SetDeadline>(&next.front());
  if (phase_ == RoundPhase::kFinished || due == nullptr || event.round != round_ || at < due->at) {
    return NotTaken(
        FailedPrecondition("no deadline of round " + std::to_string(event.round) + " has passed"));
  }
  Commands commands;
  if (phase_ == RoundPhase::kTraining && !(at < buffered_.deadline)) {
    buffered_.deadline = at + options_.rounds.deadline;
    if (std::ssize(buffered_.arrivals.waiting()) >= options_.rounds.quorum) {
      updates_.clear();
      buffered_.steps.push_back(buffered_.arrivals.Flush());
      Append(commands, CombineNext());
    }
  }
  Append(commands, CloseEvaluations(at));
  return commands;
}

// --- What is needed -----------------------------------------------------------------------------

void RoundEngine::ForgetModels() {
  std::set<RoundNumber> needed{model_.version};
  std::erase_if(buffered_.under_way,
                [this](const auto& entry) { return buffered_.arrivals.IsTooOld(entry.second); });
  for (const auto& [site, version] : buffered_.under_way) needed.insert(version);
  const auto add = [&needed](const std::vector<BufferedUpdate>& updates) {
    for (const BufferedUpdate& update : updates) needed.insert(update.started_from);
  };
  add(buffered_.arrivals.waiting());
  for (const BufferStep& step : buffered_.steps) add(step.updates);
  for (const auto& [version, open] : buffered_.open) needed.insert(version);
  std::erase_if(buffered_.models,
                [&needed](const auto& entry) { return !needed.contains(entry.first); });
}

std::optional<AcceptedUpdate> RoundEngine::AcceptedBefore(const SiteId& site,
                                                          RoundNumber round) const {
  if (IsBuffered()) {
    const auto last = buffered_.last.find(site);
    const bool same = last != buffered_.last.end() && last->second.first == round;
    return same ? std::optional(last->second.second) : std::nullopt;
  }
  const auto known = updates_.find(site);
  const bool same = round == round_ && known != updates_.end();
  return same ? std::optional(known->second) : std::nullopt;
}

std::vector<NamedUpdate> RoundEngine::NeededUpdates() const {
  std::vector<NamedUpdate> needed;
  if (phase_ != RoundPhase::kTraining && phase_ != RoundPhase::kAggregating) return needed;
  if (!IsBuffered()) {
    for (const auto& [site, update] : updates_) needed.push_back({round_, site, update.digest});
    return needed;
  }
  const auto add = [&](const std::vector<BufferedUpdate>& updates) {
    for (const BufferedUpdate& one : updates) {
      needed.push_back({one.started_from, one.site, buffered_.accepted.at(one.arrival).digest});
    }
  };
  for (const BufferStep& step : buffered_.steps) add(step.updates);
  add(buffered_.arrivals.waiting());
  return needed;
}

bool RoundEngine::Serves(const ModelRef& model) const {
  const auto known = buffered_.models.find(model.version);
  const bool held = known != buffered_.models.end() && known->second == model;
  return held || model == model_ || model == best_model_;
}

std::set<RoundNumber> RoundEngine::NeededModels() const {
  std::set<RoundNumber> needed{model_.version, best_model_.version};
  for (const auto& [version, model] : buffered_.models) needed.insert(version);
  return needed;
}

}  // namespace consilium
