#include "site_client/heartbeat_transport.h"

namespace consilium {

HeartbeatTransport::HeartbeatTransport(Transport& inner, Millis interval)
    : inner_(inner), interval_(interval), thread_([this] { Beat(); }) {}

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

Result<Instruction> HeartbeatTransport::NextInstruction(Millis patience) {
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
  return inner_.FetchModel(model);
}

Status HeartbeatTransport::SubmitUpdate(const UpdateHeader& header, ByteView encoded) {
  return inner_.SubmitUpdate(header, encoded);
}

Status HeartbeatTransport::SubmitEvaluation(const EvaluationReport& report) {
  return inner_.SubmitEvaluation(report);
}

Status HeartbeatTransport::SendProgress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  latest_ = progress;
  return OkStatus();
}

void HeartbeatTransport::Beat() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [this] { return ending_; })) {
    if (!joined_) continue;
    const Progress progress = latest_;
    lock.unlock();
    static_cast<void>(inner_.SendProgress(progress).ok());
    lock.lock();
  }
}

}  // namespace consilium
