/// The aggregator's port: TLS 1.3 with client certificates of the one CA, nothing else.
///
/// Errors   Start: kInvalidArgument if `listen` cannot be opened; kFailedPrecondition if this
///          process uses older TLS (AllowOnlyTls13 comes first in main).
/// Threads  gRPC's own; Shutdown from any thread.
#pragma once

#include "aggregator/grpc/service.h"
#include "aggregator/runs/run_admin.h"
#include "common/security/tls_identity.h"

#include <memory>
#include <string>

namespace consilium {

class FederationServer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:0";  ///< HOST:PORT; port 0 takes a free one
    TlsIdentity identity;
    ServiceOptions service;
    RunAdmin* admin = nullptr;  ///< the Admin service too, if there is one; must outlive the server
  };
  /// `coordinator` must outlive the server.
  static Result<std::unique_ptr<FederationServer>> Start(RoundCoordinator& coordinator,
                                                         Options options);
  static Result<std::unique_ptr<FederationServer>> Start(std::shared_ptr<RunDirectory> runs,
                                                         Options options);
  virtual ~FederationServer() = default;

  virtual int port() const = 0;
  /// Takes no new calls and lets running ones end, for at most `grace`; shut the coordinator down
  /// before, so that its long polls end.
  virtual void Shutdown(Millis grace) = 0;
};

}  // namespace consilium
