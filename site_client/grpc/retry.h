/// Trying again what may pass. Private to this folder. Threads: one call at a time per Retry.
#pragma once

#include "site_client/grpc/grpc_transport.h"

#include <functional>

namespace consilium {

class Retry {
 public:
  /// `options` must outlive it. `seed`: of the jitter, so that sites do not come back in step.
  Retry(const GrpcTransportOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {}

  /// Calls `attempt` until it is ok, fails for good, or `retry_for` is over; the last status.
  Status Run(const std::function<Status()>& attempt);

 private:
  /// False if interrupted.
  bool Pause(Millis length) const;

  const GrpcTransportOptions& options_;
  std::uint64_t seed_;
};

}  // namespace consilium
