/// What sites ask of a StoredCoordinator.
#include "aggregator/blob_names.h"
#include "aggregator/stored_coordinator.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

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

Status StoredCoordinator::Touch(const SiteId& site) {
  const auto known = engine_.sites().find(site);
  if (known == engine_.sites().end()) return NotFound(Named(site) + ": has not joined this run");
  presence_[site].last_seen = Now();
  if (known->second.live) return OkStatus();
  return Apply(SiteJoined{known->second.declaration});
}

Status StoredCoordinator::RefuseLayout(const SiteId& site) {
  const std::string why = "layout_fingerprint: is of another network than this run's";
  if (engine_.phase() != RoundPhase::kFinished) {
    CONSILIUM_RETURN_IF_ERROR(Note({site, SiteStanding::kRefused, why}));
  }
  return InvalidArgument(Named(site) + ": " + why);
}

Status StoredCoordinator::Join(SiteDeclaration declaration) {
  const SiteId site = declaration.site;
  if (!IsSiteName(site.str())) {
    return InvalidArgument("site '" + site.str() +
                           "': expected a name of 1 to 64 of [A-Za-z0-9._-]");
  }
  Status status;
  {
    const std::lock_guard lock(mutex_);
    const auto known = engine_.sites().find(site);
    const bool repeated = known != engine_.sites().end() && known->second.live &&
                          IsSameDeclaration(known->second.declaration, declaration) &&
                          !engine_.turned_away().contains(site);
    // The engine names an obstacle; a site that has one need not have made the network.
    const bool other_layout = declaration.obstacle == SiteObstacle::kNone &&
                              declaration.layout_fingerprint != offer_.layout_fingerprint;
    if (other_layout) {
      status = RefuseLayout(site);
    } else if (!repeated) {
      status = Apply(SiteJoined{std::move(declaration)});
    }
    if (status.ok()) presence_[site].last_seen = Now();
  }
  Announce();
  return Noted(Write::kEvent, std::move(status));
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
  Instruction told = AllowedInstruction(site);
  const bool begins = engine_.IsBuffered() && told.kind == InstructionKind::kTrain &&
                      engine_.UnderWay(site) != told.round;
  if (!begins) return told;
  Status noted = Apply(SiteBegan{site, told.round});
  lock.unlock();
  CONSILIUM_RETURN_IF_ERROR(Noted(Write::kEvent, std::move(noted)));
  return told;
}

Instruction StoredCoordinator::AllowedInstruction(const SiteId& site) const {
  Instruction instruction = engine_.InstructionFor(site);
  // The result, which the end names, is the model that is kept.
  if (instruction.kind != InstructionKind::kFinish && instruction.model == engine_.model()) {
    instruction.model = sent_;
  }
  if (activity_ == RunActivity::kActive || instruction.kind == InstructionKind::kFinish) {
    return instruction;
  }
  const bool ended = activity_ == RunActivity::kEnded;
  instruction.kind = ended ? InstructionKind::kFinish : InstructionKind::kWait;
  instruction.paused = !ended;
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
  std::string name = ModelBlobName(model.version);
  {
    const std::lock_guard lock(mutex_);
    const bool travels = model == sent_;
    if (travels) name = sent_models_.BlobName(model.version);
    const bool known = travels || model == offer_.initial || engine_.Serves(model);
    if (!known) {
      return FailedPrecondition("model version " + std::to_string(model.version) +
                                " is not of this moment, the current round is " +
                                std::to_string(engine_.round()));
    }
  }
  if (offset > model.byte_size || into.size() > model.byte_size - offset) {
    return InvalidArgument("bytes beyond the model's " + std::to_string(model.byte_size));
  }
  return options_.blobs->ReadAt(name, offset, into);
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

Result<StoredCoordinator::Standing> StoredCoordinator::StandingOf(
    const UpdateHeader& header) const {
  CONSILIUM_RETURN_IF_ERROR(CheckHeader(header));
  if (const auto accepted = engine_.AcceptedBefore(header.site, header.round)) {
    if (*accepted == RoundEngine::Update{header.digest, header.images_used, header.steps}) {
      return Standing::kAcceptedBefore;
    }
    return AlreadyExists(Named(header.site) + ": another update of round " +
                         std::to_string(header.round) + " was accepted before");
  }
  CONSILIUM_RETURN_IF_ERROR(engine_.CheckExpected(header.site, header.round));
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
  Status appended;
  {
    const auto site_lock = spool_.LockSite(site);
    {
      const std::lock_guard lock(mutex_);
      CONSILIUM_RETURN_IF_ERROR(Touch(site));
      CONSILIUM_RETURN_IF_ERROR(engine_.CheckExpected(site, round));
    }
    appended = spool_.Append(site, round, offset, bytes);
  }
  return Noted(Write::kUpdate, std::move(appended));
}

Status StoredCoordinator::CommitUpdate(const UpdateHeader& header) {
  Status counted = CountUpdate(header);
  Announce();
  return Noted(Write::kEvent, std::move(counted));
}

Status StoredCoordinator::CountUpdate(const UpdateHeader& header) {
  const auto site_lock = spool_.LockSite(header.site);
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_RETURN_IF_ERROR(Touch(header.site));
    CONSILIUM_ASSIGN_OR_RETURN(const Standing standing, StandingOf(header));
    if (standing == Standing::kAcceptedBefore) return OkStatus();
  }
  // A round bears the number of the version that it starts from.
  const Status accepted = spool_.Accept(header, header.round);
  Status counted;
  {
    const std::lock_guard lock(mutex_);
    // The round may have closed meanwhile, and its model may be gone: that is the reason then.
    if (!accepted.ok()) CONSILIUM_RETURN_IF_ERROR(engine_.CheckExpected(header.site, header.round));
    CONSILIUM_RETURN_IF_ERROR(accepted);
    counted = Apply(
        UpdateSpooled{header.site, header.round, header.digest, header.images_used, header.steps});
  }
  if (counted.code() == StatusCode::kFailedPrecondition) {
    // The round closed meanwhile; its other files may be gone already.
    CONSILIUM_RETURN_IF_ERROR(spool_.Remove(header.round, header.site));
  }
  return counted;
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
  return Noted(Write::kEvent, std::move(status));
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

}  // namespace consilium
