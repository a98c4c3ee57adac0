/// A Transport that keeps telling the aggregator that its site lives, also while training blocks.
///
/// From the first Join on, a thread of its own sends every `interval`, which must be well below the
/// run's site lease, what the site does: which call it is in, or what SendProgress said last, with
/// what its steps take of late and for how long none has ended. Everything else goes straight to the
/// inner transport. Failed heartbeats are dropped: the next one comes.
/// Threads  as Transport; the inner SendProgress runs beside other calls.
#pragma once

#include "common/base/clock.h"
#include "common/federation/transport.h"
#include "site_client/recent_steps.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace consilium {

class HeartbeatTransport final : public Transport {
 public:
  /// `inner` and `clock` must outlive it.
  HeartbeatTransport(Transport& inner, Millis interval, const Clock& clock);
  ~HeartbeatTransport() override;
  HeartbeatTransport(const HeartbeatTransport&) = delete;
  HeartbeatTransport& operator=(const HeartbeatTransport&) = delete;

  Result<RunOffer> GetRun() override;
  Status Join(const SiteDeclaration& declaration) override;
  Result<Instruction> NextInstruction(Millis patience) override;
  Result<Bytes> FetchModel(const ModelRef& model) override;
  Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) override;
  Status SubmitEvaluation(const EvaluationReport& report) override;
  /// Remembers it for the next heartbeat; always ok.
  Status SendProgress(const Progress& progress) override;

 private:
  void Beat();
  void Begin(SiteActivity activity);

  Transport& inner_;
  const Millis interval_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Progress latest_;  // guarded by mutex_, as the next four
  Timestamp since_;  // when the last step ended, or the activity began
  RecentSteps steps_;
  bool joined_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace consilium
