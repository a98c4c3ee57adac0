/// Transport over gRPC: mutual TLS 1.3, the aggregator's name checked against its certificate.
///
/// Retries   what may pass (kUnavailable, kDeadlineExceeded) is tried again with growing, jittered
///           pauses for up to `retry_for`; SendProgress never is. A download goes on at the byte
///           where it stopped, with `downloads` in another process too; an upload where BeginUpdate says. Every call has a deadline.
/// Trust     where the aggregator's certificate is not trusted, or ours not by it, no call is tried
///           again (kPermissionDenied, tls_examination.h); behind a proxy that is found out by nobody.
/// Run       each call names the run that GetRun brought last: a transport serves one at a time.
/// Errors    as Transport; kDataLoss if bytes arrive damaged three times; kCancelled once
///           `interrupt` is requested.
#pragma once

#include "common/base/hasher.h"
#include "common/base/interrupt.h"
#include "common/federation/transport.h"
#include "common/security/tls_identity.h"
#include "common/storage/blob_store.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace consilium {

/// Runs of which a site needs no offer.
struct RunsOfSite {
  std::vector<RunId> taking_part;
  std::vector<RunId> done_with;
};

struct GrpcTransportOptions {
  std::string aggregator;  ///< HOST:PORT
  TlsIdentity identity;
  HasherFactory hasher;             ///< empty: digests are unchecked
  Millis call_deadline{20'000};     ///< beside a call's own patience
  Millis stream_deadline{600'000};  ///< of one attempt at a model or an update
  Millis retry_for{600'000};        ///< of one call with all its attempts
  Millis first_pause{200};
  Millis longest_pause{10'000};
  const Interrupt* interrupt = nullptr;
  /// Where what has arrived of a model waits for its rest (model_draft.h); of one run. May be null:
  /// a site that is killed in a download begins anew.
  std::shared_ptr<BlobStore> downloads;
  std::function<void(const std::string& line)> notify;  ///< may be empty
  RunId run;                                            ///< that GetRun asks for; empty: any
  /// Asked before each GetRun. May be empty: none.
  std::function<RunsOfSite()> runs_of_site;
  /// Told before each pause. May be empty.
  std::function<void(const Status& why, Millis pause)> on_retry;
};

/// Connects with the first call. Errors: kInvalidArgument; kFailedPrecondition if this process uses
/// older TLS (AllowOnlyTls13 comes first in main).
Result<std::unique_ptr<Transport>> MakeGrpcTransport(GrpcTransportOptions options);

}  // namespace consilium
