/// Trying again what may pass. Private to this folder. Threads: one call at a time per Retry.
#pragma once

#include "site_client/grpc/grpc_transport.h"

#include <functional>
#include <utility>

namespace consilium {

class Retry {
 public:
  /// `options` must outlive it. `seed`: of the jitter, so that sites do not come back in step.
  /// `examine`: asked before each pause after kUnavailable; its error says that trying again is in
  /// vain. May be empty.
  Retry(const GrpcTransportOptions& options, std::uint64_t seed,
        std::function<Status()> examine = {})
      : options_(options), seed_(seed), examine_(std::move(examine)) {}

  /// Calls `attempt` until it is ok, fails for good, or `retry_for` is over; the last status, or
  /// what `examine` found.
  Status Run(const std::function<Status()>& attempt);

 private:
  /// False if interrupted.
  bool Pause(Millis length) const;

  const GrpcTransportOptions& options_;
  std::uint64_t seed_;
  std::function<Status()> examine_;
};

}  // namespace consilium
