#include "aggregator/stored_coordinator.h"

#include "aggregator/blob_names.h"
#include "aggregator/change_lines.h"

#include <algorithm>

namespace consilium {
namespace {

bool IsReport(const Event& event) {
  return std::holds_alternative<UpdateSpooled>(event.what) ||
         std::holds_alternative<SiteBegan>(event.what) ||
         std::holds_alternative<EvaluationReceived>(event.what);
}

std::string Described(const SiteTurnedAway& away) {
  return std::string(ToString(away.standing)).append(": ").append(away.why);
}

}  // namespace

StoredCoordinator::StoredCoordinator(Options options, RunOffer offer,
                                     std::shared_ptr<const Layout> layout,
                                     std::unique_ptr<UpdateCodec> codec, ModelCodec model_codec,
                                     std::unique_ptr<AggregationStrategy> strategy)
    : options_(std::move(options)),
      offer_(std::move(offer)),
      layout_(std::move(layout)),
      codec_(std::move(codec)),
      strategy_(std::move(strategy)),
      sent_models_(*options_.blobs, std::move(model_codec), options_.hasher),
      spool_(*options_.blobs, *codec_, sent_models_, layout_, options_.hasher),
      engine_(EngineOptionsOf(options_.plan)),
      activity_(options_.activity) {}

StoredCoordinator::~StoredCoordinator() { Shutdown(); }

// --- Opening ------------------------------------------------------------------------------------

Status StoredCoordinator::Start(const std::vector<Event>& log, const ModelRef& model0) {
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(log.empty() ? Apply(RunOpened{model0}) : Replay(log, model0));
    if (engine_.phase() != RoundPhase::kFinished) {
      CONSILIUM_ASSIGN_OR_RETURN(sent_, sent_models_.Write(engine_.model()));
    }
  }
  if (options_.worker) {
    const std::lock_guard lock(worker_mutex_);
    worker_ = std::thread([this] { RunWorker(); });
  }
  return OkStatus();
}

Status StoredCoordinator::Replay(const std::vector<Event>& events, const ModelRef& model0) {
  const auto* opened = std::get_if<RunOpened>(&events.front().what);
  if (opened == nullptr) return DataLoss("the event log does not begin with the run's opening");
  if (!(opened->model == model0)) {
    return FailedPrecondition("the store holds a run that began with another model");
  }
  for (const Event& event : events) {
    for (const Command& command : engine_.Step(event)) Execute(command);
    last_event_ = std::max(last_event_, event.at);
  }
  if (engine_.phase() != RoundPhase::kAggregating) pending_.reset();
  // The clock may have been set back while nobody looked.
  last_clock_ = last_event_;
  GiveWholeTime();
  return CheckSpooledUpdates();
}

/// The sites had no chance while nobody listened.
void StoredCoordinator::GiveWholeTime() {
  const Timestamp now = Now();
  for (const auto& [site, known] : engine_.sites()) presence_[site].last_seen = now;
  if (deadline_) deadline_->at = std::max(deadline_->at, now + options_.plan.rounds.deadline);
}

Status StoredCoordinator::CheckSpooledUpdates() const {
  for (const NamedUpdate& update : engine_.NeededUpdates()) {
    const Result<std::uint64_t> size =
        options_.blobs->Size(UpdateBlobName(update.round, update.site));
    if (!size.ok()) {
      return DataLoss("site " + update.site.str() + ": its acknowledged update of round " +
                      std::to_string(update.round) + " is gone from the store");
    }
  }
  return OkStatus();
}

// --- Events in, commands out --------------------------------------------------------------------

Timestamp StoredCoordinator::Now() {
  const Timestamp clock = options_.clock->Now();
  if (clock < last_clock_) behind_ += Millis(last_clock_.millis - clock.millis);
  last_clock_ = clock;
  return clock + behind_;
}

Status StoredCoordinator::Apply(decltype(Event::what) what) {
  const Event event{std::max(Now(), last_event_), std::move(what)};
  RoundEngine next = engine_;
  const std::vector<Command> commands = next.Step(event);
  if (!commands.empty()) {
    if (const auto* reject = std::get_if<Reject>(&commands.front())) {
      if (reject->note) CONSILIUM_RETURN_IF_ERROR(Note(*reject->note));
      return reject->reason;
    }
  }
  CONSILIUM_RETURN_IF_ERROR(options_.store->Append(event));
  for (std::string& line : DescribeChange(engine_, next)) lines_.push_back(std::move(line));
  // One more report of many tells those who wait nothing: to wake them all for each of them would
  // cost a round the square of its sites.
  const bool one_of_many =
      IsReport(event) && next.phase() == engine_.phase() && next.round() == engine_.round();
  engine_ = std::move(next);
  last_event_ = event.at;
  for (const Command& command : commands) Execute(command);
  if (!one_of_many) changed_.notify_all();
  return OkStatus();
}

Status StoredCoordinator::Note(const SiteTurnedAway& away) {
  const auto known = engine_.turned_away().find(away.site);
  if (known != engine_.turned_away().end() && known->second == away) return OkStatus();
  return Apply(away);
}

void StoredCoordinator::Execute(const Command& command) {
  if (const auto* deadline = std::get_if<SetDeadline>(&command)) {
    deadline_ = *deadline;
  } else if (std::holds_alternative<NoDeadline>(command)) {
    deadline_.reset();
  } else if (const auto* aggregate = std::get_if<Aggregate>(&command)) {
    pending_ = *aggregate;
    deadline_.reset();
  } else if (const auto* retire = std::get_if<Retire>(&command)) {
    retired_.push_back(*retire);
  } else if (std::holds_alternative<Finish>(command)) {
    deadline_.reset();
  }
}

void StoredCoordinator::Announce() {
  std::vector<std::string> lines;
  RunSnapshot snapshot;
  {
    const std::lock_guard lock(mutex_);
    if (lines_.empty()) return;
    lines.swap(lines_);
    if (!options_.observer) return;
    snapshot = TakeSnapshot();
  }
  for (const std::string& line : lines) options_.observer(line, snapshot);
}

// --- What a person sees -------------------------------------------------------------------------

LastHeard StoredCoordinator::HeardOf(const SiteId& site) const {
  const auto presence = presence_.find(site);
  if (presence == presence_.end()) return {};
  LastHeard heard;
  const std::int64_t now = options_.clock->Now().millis + behind_.count();
  heard.ago = Millis(std::max<std::int64_t>(0, now - presence->second.last_seen.millis));
  heard.asks = presence->second.waiting_calls > 0;
  const RoundNumber round = engine_.UnderWay(site).value_or(engine_.round());
  if (presence->second.progress.round == round) heard.progress = presence->second.progress;
  return heard;
}

std::string StoredCoordinator::StateOf(const SiteId& site, const RoundEngine::Site& known,
                                       const SitePulse& pulse) const {
  if (!known.live) {
    const auto away = engine_.turned_away().find(site);
    return away == engine_.turned_away().end() ? "lost" : Described(away->second);
  }
  switch (engine_.InstructionFor(site).kind) {
    case InstructionKind::kTrain:
      return PulseText(pulse);
    case InstructionKind::kEvaluate:
      return "evaluating";
    case InstructionKind::kWait:
    case InstructionKind::kFinish:
      break;
  }
  const bool submitted =
      engine_.phase() == RoundPhase::kTraining && engine_.updates().contains(site);
  if (engine_.OnlyEvaluates(site)) return "waiting, only evaluates";
  return submitted ? "submitted" : "waiting";
}

RunSnapshot StoredCoordinator::TakeSnapshot() const {
  RunSnapshot snapshot;
  snapshot.phase = engine_.phase();
  snapshot.round = engine_.round();
  snapshot.rounds_planned = options_.plan.rounds.rounds;
  snapshot.best_version = engine_.best_version();
  snapshot.best_loss = engine_.best_loss();
  snapshot.history = engine_.history();
  for (const auto& [write, what] : trouble_) snapshot.trouble = what;  // work counts most
  for (const auto& [site, known] : engine_.sites()) {
    const LastHeard heard = HeardOf(site);
    const SitePulse pulse = PulseOf(heard);
    snapshot.sites.push_back(
        {site, StateOf(site, known, pulse), pulse, TimeOfRound(heard.progress)});
  }
  for (const auto& [site, away] : engine_.turned_away()) {
    if (!engine_.sites().contains(site)) snapshot.turned_away.push_back({site, Described(away)});
  }
  return snapshot;
}

RunSnapshot StoredCoordinator::Snapshot() const {
  const std::lock_guard lock(mutex_);
  return TakeSnapshot();
}

Result<std::vector<Event>> StoredCoordinator::Log() const {
  const std::lock_guard lock(mutex_);
  return options_.store->Load();
}

bool StoredCoordinator::WaitFinished(Millis patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::clamp(patience, Millis{0}, kLongestWait),
                    [this] { return stopping_ || engine_.phase() == RoundPhase::kFinished; });
  return engine_.phase() == RoundPhase::kFinished;
}

}  // namespace consilium
