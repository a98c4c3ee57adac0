/// What an operator may ask of an aggregator; the Admin service translates to it.
///
/// `actor` is the operator's name, as its certificate says. Errors: kNotFound for a run that is not
/// there; kFailedPrecondition for an order that its state does not allow. Threads: any.
#pragma once

#include "common/base/bytes.h"
#include "common/federation/backup_status.h"
#include "common/federation/run_status.h"
#include "common/tensor_file/safetensors.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

/// A run on its way in. Forgotten if it is destroyed before Finish.
class RunIntake {
 public:
  virtual ~RunIntake() = default;
  virtual Status AppendModel(ByteView bytes) = 0;
  /// Plan and model fit and are stored: the run is queued.
  virtual Result<RunChange> Finish() = 0;
};

/// A copy of the store as of one moment; what is stored afterwards does not change it. It takes room
/// at the aggregator until it is destroyed. Threads: one at a time.
class BackupSource {
 public:
  struct File {
    BackupFile file;
    std::string digest;  ///< that the event log names for it; empty: none
  };
  virtual ~BackupSource() = default;
  virtual const BackupStart& start() const = 0;
  virtual const std::vector<File>& files() const = 0;
  /// Bytes of files()[file].
  virtual Status ReadAt(std::size_t file, std::uint64_t offset,
                        std::span<std::byte> into) const = 0;
};

class RunAdmin {
 public:
  virtual ~RunAdmin() = default;
  /// Checks the plan before a byte of the model comes. Errors: kInvalidArgument
  /// "FILE:LINE: field: what is wrong"; kAlreadyExists: the run's name is taken.
  virtual Result<std::unique_ptr<RunIntake>> StartRun(const std::string& yaml,
                                                      const std::string& file_name,
                                                      const std::string& actor) = 0;
  /// RunOrder::kRemove deletes the run's models and its event log; plan and changes stay.
  virtual Result<RunChange> Order(const RunId& run, RunOrder order, const std::string& cause,
                                  const std::string& actor) = 0;
  virtual Result<std::vector<RunSummary>> Runs() = 0;
  virtual Result<RunDetail> Show(const RunId& run) = 0;
  /// Every site that ever asked for a run, once for each run that it is in.
  virtual Result<std::vector<SiteStatus>> Sites() = 0;
  /// The result, or the model that `round` gave. Errors: kFailedPrecondition: no result before the
  /// end; kNotFound: no such model any more, or not yet.
  virtual Result<TensorFile> Export(const RunId& run, std::optional<RoundNumber> round) = 0;
  /// Errors: kUnavailable while another is being made; kFailedPrecondition: a run whose files cannot
  /// be read, by name; kResourceExhausted: no room.
  virtual Result<std::unique_ptr<BackupSource>> Backup(const std::string& actor) = 0;
  /// Events after `after`, at most `limit` of them; waits up to `patience` for the first.
  virtual std::vector<AdminEvent> Events(std::int64_t after, std::size_t limit,
                                         Millis patience) = 0;
};

}  // namespace consilium
