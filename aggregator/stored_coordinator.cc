#include "aggregator/stored_coordinator.h"

#include "aggregator/blob_names.h"
#include "aggregator/change_lines.h"
#include "common/tensor_file/model_metadata.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace consilium {
namespace {

constexpr Millis kLongestWait{3'600'000};

bool IsReport(const Event& event) {
  return std::holds_alternative<UpdateSpooled>(event.what) ||
         std::holds_alternative<EvaluationReceived>(event.what);
}

/// Site ids become file names.
bool IsSiteName(const std::string& text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of('.') != text.npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::string Named(const SiteId& site) { return "site " + site.str(); }

}  // namespace

StoredCoordinator::StoredCoordinator(Options options, RunOffer offer,
                                     std::shared_ptr<const Layout> layout,
                                     std::unique_ptr<UpdateCodec> codec,
                                     std::unique_ptr<AggregationStrategy> strategy)
    : options_(std::move(options)),
      offer_(std::move(offer)),
      layout_(std::move(layout)),
      codec_(std::move(codec)),
      strategy_(std::move(strategy)),
      spool_(*options_.blobs, *codec_, layout_, options_.hasher),
      engine_(EngineOptionsOf(options_.plan)),
      activity_(options_.activity) {}

StoredCoordinator::~StoredCoordinator() { Shutdown(); }

// --- Opening ------------------------------------------------------------------------------------

Status StoredCoordinator::Start(const std::vector<Event>& log, const ModelRef& model0) {
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(log.empty() ? Apply(RunOpened{model0}) : Replay(log, model0));
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
  const bool needed =
      engine_.phase() == RoundPhase::kTraining || engine_.phase() == RoundPhase::kAggregating;
  if (!needed) return OkStatus();
  for (const auto& [site, update] : engine_.updates()) {
    const Result<std::uint64_t> size = options_.blobs->Size(UpdateBlobName(engine_.round(), site));
    if (!size.ok()) {
      return DataLoss(Named(site) + ": its acknowledged update of round " +
                      std::to_string(engine_.round()) + " is gone from the store");
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
    if (const auto* reject = std::get_if<Reject>(&commands.front())) return reject->reason;
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

void StoredCoordinator::Execute(const Command& command) {
  if (const auto* deadline = std::get_if<SetDeadline>(&command)) {
    deadline_ = *deadline;
  } else if (const auto* aggregate = std::get_if<Aggregate>(&command)) {
    pending_ = *aggregate;
    deadline_.reset();
  } else if (const auto* retire = std::get_if<Retire>(&command)) {
    retired_.push_back(retire->round);
  } else if (std::holds_alternative<Finish>(command)) {
    deadline_.reset();
  }
}

Status StoredCoordinator::Touch(const SiteId& site) {
  const auto known = engine_.sites().find(site);
  if (known == engine_.sites().end()) return NotFound(Named(site) + ": has not joined this run");
  presence_[site].last_seen = Now();
  if (known->second.live) return OkStatus();
  return Apply(SiteJoined{known->second.declaration});
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

// --- Calls of sites -----------------------------------------------------------------------------

Status StoredCoordinator::Join(SiteDeclaration declaration) {
  const SiteId site = declaration.site;
  if (!IsSiteName(site.str())) {
    return InvalidArgument("site '" + site.str() +
                           "': expected a name of 1 to 64 of [A-Za-z0-9._-]");
  }
  if (declaration.layout_fingerprint != offer_.layout_fingerprint) {
    return InvalidArgument(Named(site) +
                           ": layout_fingerprint: is of another network than this run's");
  }
  Status status;
  {
    const std::lock_guard lock(mutex_);
    const auto known = engine_.sites().find(site);
    const bool repeated = known != engine_.sites().end() && known->second.live &&
                          known->second.declaration == declaration;
    if (!repeated) status = Apply(SiteJoined{std::move(declaration)});
    if (status.ok()) presence_[site].last_seen = Now();
  }
  Announce();
  return status;
}

Result<Instruction> StoredCoordinator::NextInstruction(const SiteId& site, Millis patience) {
  std::unique_lock lock(mutex_);
  const Status touched = Touch(site);
  lock.unlock();
  Announce();
  CONSILIUM_RETURN_IF_ERROR(touched);

  lock.lock();
  Presence& presence = presence_[site];
  ++presence.waiting_calls;
  changed_.wait_for(lock, std::clamp(patience, Millis{0}, kLongestWait), [&] {
    return stopping_ || AllowedInstruction(site).kind != InstructionKind::kWait;
  });
  --presence.waiting_calls;
  presence.last_seen = Now();
  if (stopping_) return Unavailable("the aggregator is shutting down");
  return AllowedInstruction(site);
}

Instruction StoredCoordinator::AllowedInstruction(const SiteId& site) const {
  Instruction instruction = engine_.InstructionFor(site);
  if (activity_ == RunActivity::kActive || instruction.kind == InstructionKind::kFinish) {
    return instruction;
  }
  const bool ended = activity_ == RunActivity::kEnded;
  instruction.kind = ended ? InstructionKind::kFinish : InstructionKind::kWait;
  instruction.model = engine_.best_model();
  return instruction;
}

void StoredCoordinator::SetActivity(RunActivity activity) {
  {
    const std::lock_guard lock(mutex_);
    const bool resumed = activity == RunActivity::kActive && activity_ != RunActivity::kActive;
    activity_ = activity;
    if (resumed) GiveWholeTime();
  }
  changed_.notify_all();
}

Status StoredCoordinator::ReadModel(const ModelRef& model, std::uint64_t offset,
                                    std::span<std::byte> into) const {
  {
    const std::lock_guard lock(mutex_);
    const bool known =
        model == offer_.initial || model == engine_.model() || model == engine_.best_model();
    if (!known) {
      return FailedPrecondition("model version " + std::to_string(model.version) +
                                " is not of this moment, the current round is " +
                                std::to_string(engine_.round()));
    }
  }
  if (offset > model.byte_size || into.size() > model.byte_size - offset) {
    return InvalidArgument("bytes beyond the model's " + std::to_string(model.byte_size));
  }
  return options_.blobs->ReadAt(ModelBlobName(model.version), offset, into);
}

Status StoredCoordinator::CheckHeader(const UpdateHeader& header) const {
  const std::string at = Named(header.site) + ": ";
  if (header.run != options_.plan.run) {
    return InvalidArgument(at + "run: expected " + options_.plan.run.str());
  }
  if (header.codec != options_.plan.codec) {
    return InvalidArgument(at + "codec: expected " + options_.plan.codec);
  }
  if (options_.hasher && header.digest.empty()) {
    return InvalidArgument(at + "digest: expected the SHA-256 of the update");
  }
  if (header.digest.size() > 128 ||
      header.digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return InvalidArgument(at + "digest: expected lower-case hexadecimal digits");
  }
  return OkStatus();
}

Status StoredCoordinator::CheckRoundOpen(const SiteId& site, RoundNumber round) const {
  if (engine_.phase() != RoundPhase::kTraining || round != engine_.round()) {
    return FailedPrecondition("round " + std::to_string(round) +
                              " takes no updates, the current round is " +
                              std::to_string(engine_.round()));
  }
  if (engine_.IsSelected(site)) return OkStatus();
  return FailedPrecondition(Named(site) + ": not part of round " + std::to_string(round));
}

Result<StoredCoordinator::Standing> StoredCoordinator::StandingOf(
    const UpdateHeader& header) const {
  CONSILIUM_RETURN_IF_ERROR(CheckHeader(header));
  const auto accepted = engine_.updates().find(header.site);
  if (header.round == engine_.round() && accepted != engine_.updates().end()) {
    if (accepted->second == RoundEngine::Update{header.digest, header.images_used, header.steps}) {
      return Standing::kAcceptedBefore;
    }
    return AlreadyExists(Named(header.site) + ": another update of round " +
                         std::to_string(header.round) + " was accepted before");
  }
  CONSILIUM_RETURN_IF_ERROR(CheckRoundOpen(header.site, header.round));
  return Standing::kExpected;
}

Result<std::uint64_t> StoredCoordinator::BeginUpdate(const UpdateHeader& header) {
  const auto site_lock = spool_.LockSite(header.site);
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(Touch(header.site));
    CONSILIUM_ASSIGN_OR_RETURN(const Standing standing, StandingOf(header));
    if (standing == Standing::kAcceptedBefore) return header.byte_size;
  }
  return spool_.Begin(header);
}

Status StoredCoordinator::AppendUpdate(const SiteId& site, RoundNumber round, std::uint64_t offset,
                                       ByteView bytes) {
  const auto site_lock = spool_.LockSite(site);
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(Touch(site));
    CONSILIUM_RETURN_IF_ERROR(CheckRoundOpen(site, round));
  }
  return spool_.Append(site, round, offset, bytes);
}

Status StoredCoordinator::CommitUpdate(const UpdateHeader& header) {
  {
    const auto site_lock = spool_.LockSite(header.site);
    RoundNumber base = 0;
    {
      const std::lock_guard lock(mutex_);
      CONSILIUM_RETURN_IF_ERROR(Touch(header.site));
      CONSILIUM_ASSIGN_OR_RETURN(const Standing standing, StandingOf(header));
      if (standing == Standing::kAcceptedBefore) return OkStatus();
      base = engine_.model().version;
    }
    const Status accepted = spool_.Accept(header, base);
    Status counted;
    {
      const std::lock_guard lock(mutex_);
      // The round may have closed meanwhile, and its model may be gone: that is the reason then.
      if (!accepted.ok()) CONSILIUM_RETURN_IF_ERROR(CheckRoundOpen(header.site, header.round));
      CONSILIUM_RETURN_IF_ERROR(accepted);
      counted = Apply(UpdateSpooled{header.site, header.round, header.digest, header.images_used,
                                    header.steps});
    }
    if (counted.code() == StatusCode::kFailedPrecondition) {
      // The round closed meanwhile; its other files may be gone already.
      CONSILIUM_RETURN_IF_ERROR(spool_.Remove(header.round, header.site));
    }
    CONSILIUM_RETURN_IF_ERROR(counted);
  }
  Announce();
  return OkStatus();
}

Status StoredCoordinator::SubmitEvaluation(EvaluationReport report) {
  if (report.run != options_.plan.run) {
    return InvalidArgument(Named(report.site) + ": run: expected " + options_.plan.run.str());
  }
  Status status;
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(Touch(report.site));
    status = Apply(EvaluationReceived{report.site, report.version, std::move(report.tasks)});
  }
  Announce();
  return status;
}

Status StoredCoordinator::ReportProgress(const Progress& progress) {
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(Touch(progress.site));
    presence_[progress.site].progress = progress;
  }
  Announce();
  return OkStatus();
}

// --- What a person sees -------------------------------------------------------------------------

std::string StoredCoordinator::StateOf(const SiteId& site, const RoundEngine::Site& known) const {
  if (!known.live) return "lost";
  switch (engine_.InstructionFor(site).kind) {
    case InstructionKind::kTrain: {
      const auto presence = presence_.find(site);
      if (presence == presence_.end()) return "training";
      const Progress& progress = presence->second.progress;
      if (progress.round != engine_.round() || progress.steps_planned <= 0) return "training";
      return "training " + std::to_string(progress.steps_done) + "/" +
             std::to_string(progress.steps_planned);
    }
    case InstructionKind::kEvaluate:
      return "evaluating";
    case InstructionKind::kWait:
    case InstructionKind::kFinish:
      break;
  }
  const bool submitted =
      engine_.phase() == RoundPhase::kTraining && engine_.updates().contains(site);
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
  for (const auto& [site, known] : engine_.sites()) {
    snapshot.sites.push_back({site, StateOf(site, known)});
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

ModelRef StoredCoordinator::BestModel() const {
  const std::lock_guard lock(mutex_);
  return engine_.best_model();
}

Result<TensorFile> StoredCoordinator::FinalModel() const {
  ModelRef best;
  std::optional<double> best_loss;
  {
    const std::lock_guard lock(mutex_);
    if (engine_.phase() != RoundPhase::kFinished) {
      return FailedPrecondition("the run is not finished, the current round is " +
                                std::to_string(engine_.round()));
    }
    best = engine_.best_model();
    best_loss = engine_.best_loss();
  }
  TensorFile file;
  file.blob.layout = layout_;
  CONSILIUM_ASSIGN_OR_RETURN(file.blob.bytes, options_.blobs->ReadAll(ModelBlobName(best.version)));
  if (file.blob.bytes.size() != layout_->byte_size() ||
      Digest(options_.hasher, file.blob.bytes) != best.digest) {
    return DataLoss("the stored model does not match its digest");
  }
  // Controls serve training alone: the result is the network's state.
  CONSILIUM_ASSIGN_OR_RETURN(
      file.blob, Subset(file.blob, [](const EntrySpec& entry) { return !IsControl(entry); }));
  ModelMetadata metadata = MetadataOf(options_.plan, options_.initial.metadata);
  metadata.round = best.version - 1;
  if (best_loss.has_value()) metadata.metrics["validation_loss"] = *best_loss;
  metadata.model_sha256 = Digest(options_.hasher, file.blob.bytes);
  metadata.parent_sha256 = offer_.initial.digest;
  file.metadata = FormatModelMetadata(metadata);
  return file;
}

bool StoredCoordinator::WaitFinished(Millis patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::clamp(patience, Millis{0}, kLongestWait),
                    [this] { return stopping_ || engine_.phase() == RoundPhase::kFinished; });
  return engine_.phase() == RoundPhase::kFinished;
}

}  // namespace consilium
