/// An operator's view of the aggregator: the Admin service over mutual TLS 1.3.
///
/// Nothing is tried twice by itself: an operator sees what happened. Errors: as RunAdmin of the
/// aggregator; kUnavailable if it cannot be reached; kPermissionDenied for a site's certificate.
/// Threads: one.
#pragma once

#include "common/base/bytes.h"
#include "common/federation/backup_status.h"
#include "common/federation/run_status.h"
#include "common/security/tls_identity.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

class AdminClient {
 public:
  struct Options {
    std::string aggregator;  ///< HOST:PORT
    TlsIdentity identity;
  };
  static Result<std::unique_ptr<AdminClient>> Make(const Options& options);
  virtual ~AdminClient() = default;

  virtual Result<RunChange> StartRun(const std::string& yaml, const std::string& file_name,
                                     ByteView model) = 0;
  virtual Result<std::vector<RunSummary>> Runs() = 0;
  virtual Result<RunDetail> Show(const RunId& run) = 0;
  virtual Result<RunChange> Order(const RunId& run, RunOrder order, const std::string& cause) = 0;
  virtual Result<std::vector<SiteStatus>> Sites() = 0;
  /// A .safetensors file: the result, or the model that `round` gave.
  virtual Result<Bytes> ExportModel(const RunId& run, std::optional<RoundNumber> round) = 0;
  /// The parts of a backup, in order, each checked for itself alone; an error of `on_part` ends it.
  virtual Status Backup(const std::function<Status(const BackupPart&)>& on_part) = 0;
  /// Until `on_event` says false, or after the past ones if `only_past`.
  virtual Status FollowEvents(bool only_past,
                              const std::function<bool(const AdminEvent&)>& on_event) = 0;
};

}  // namespace consilium
