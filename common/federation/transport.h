/// A site's view of the aggregator. GrpcTransport (network) and InProcessTransport (simulation) are
/// the same to a SiteRunner, and both carry encoded bytes.
///
/// Repeating  every call may be repeated with the same arguments: Join and both submits are
///            idempotent.
/// Errors     kUnavailable, kDeadlineExceeded: try again later. kFailedPrecondition: too late for
///            this round, ask for the next instruction. kPermissionDenied, kInvalidArgument:
///            give up.
/// Threads    SendProgress may run beside any other call; the rest is called by one thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/federation/messages.h"

namespace consilium {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<RunOffer> GetRun() = 0;
  virtual Status Join(const SiteDeclaration& declaration) = 0;
  /// Waits up to `patience`; kWait if nothing came up.
  virtual Result<Instruction> NextInstruction(Millis patience) = 0;
  /// The model as it travels (codec/model_codec.h), checked against its digest and size.
  virtual Result<Bytes> FetchModel(const ModelRef& model) = 0;
  virtual Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) = 0;
  virtual Status SubmitEvaluation(const EvaluationReport& report) = 0;
  /// The finished run is over for this site, which has kept what it wants of it. Tried once: an
  /// aggregator that does not hear it waits for one lease.
  virtual Status Leave() { return OkStatus(); }
  /// Also the heartbeat.
  virtual Status SendProgress(const Progress& progress) = 0;
};

}  // namespace consilium
