#include "site_client/heartbeat_transport.h"

#include <algorithm>

namespace consilium {

HeartbeatTransport::HeartbeatTransport(Transport& inner, Millis interval, const Clock& clock)
    : inner_(inner), interval_(interval), clock_(clock), since_(clock.Now()), thread_([this] {
        Beat();
      }) {}

HeartbeatTransport::~HeartbeatTransport() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<RunOffer> HeartbeatTransport::GetRun() {
  Result<RunOffer> offer = inner_.GetRun();
  if (offer.ok()) {
    const std::lock_guard lock(mutex_);
    latest_ = Progress{};
    latest_.run = offer->plan.run;
  }
  return offer;
}

Status HeartbeatTransport::Join(const SiteDeclaration& declaration) {
  CONSILIUM_RETURN_IF_ERROR(inner_.Join(declaration));
  const std::lock_guard lock(mutex_);
  latest_.site = declaration.site;
  joined_ = true;
  return OkStatus();
}

/// Requires mutex_ free.
void HeartbeatTransport::Begin(SiteActivity activity) {
  const std::lock_guard lock(mutex_);
  if (latest_.activity == activity) return;
  latest_.activity = activity;
  since_ = clock_.Now();
}

Result<Instruction> HeartbeatTransport::NextInstruction(Millis patience) {
  Begin(SiteActivity::kWaiting);
  Result<Instruction> instruction = inner_.NextInstruction(patience);
  if (instruction.ok() && instruction->kind != InstructionKind::kWait) {
    const std::lock_guard lock(mutex_);
    latest_.round = instruction->round;
    latest_.steps_done = 0;
    latest_.steps_planned = 0;
  }
  return instruction;
}

Result<Bytes> HeartbeatTransport::FetchModel(const ModelRef& model) {
  Begin(SiteActivity::kFetching);
  return inner_.FetchModel(model);
}

Status HeartbeatTransport::SubmitUpdate(const UpdateHeader& header, ByteView encoded) {
  Begin(SiteActivity::kSending);
  return inner_.SubmitUpdate(header, encoded);
}

Status HeartbeatTransport::SubmitEvaluation(const EvaluationReport& report) {
  Begin(SiteActivity::kSending);
  return inner_.SubmitEvaluation(report);
}

Status HeartbeatTransport::SendProgress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_.Now();
  const std::int64_t steps = progress.steps_done - latest_.steps_done;
  const bool trained = latest_.activity == SiteActivity::kTraining &&
                       progress.activity == SiteActivity::kTraining &&
                       progress.round == latest_.round && steps > 0;
  if (trained) steps_.Add(Millis((now.millis - since_.millis) / steps));
  latest_ = progress;
  latest_.step = steps_.Median();
  since_ = now;
  return OkStatus();
}

void HeartbeatTransport::Beat() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [this] { return ending_; })) {
    if (!joined_) continue;
    Progress progress = latest_;
    // A clock may be set back.
    progress.since_step = Millis(std::max<std::int64_t>(0, clock_.Now().millis - since_.millis));
    lock.unlock();
    static_cast<void>(inner_.SendProgress(progress).ok());
    lock.lock();
  }
}

}  // namespace consilium
