/// A backup as a folder: written as its parts come, and put back as the state of an aggregator.
///
/// Holds     backup.json (backup_manifest.h), state/: the files. Nothing is changed in it afterwards.
/// Whole     a backup has its name once all of it is there, checked and synced, and so has a state
///           that is put back; until then the bytes lie beside it in NAME.PID.partial, which goes
///           with an error.
/// Errors    kAlreadyExists: something is at the target; kDataLoss naming the file that is damaged;
///           kResourceExhausted: no room; kInvalidArgument: cannot be read or written; kCancelled: as
///           the observer says.
/// Threads   one.
#pragma once

#include "aggregator/admin/backup_manifest.h"
#include "common/base/hasher.h"
#include "common/storage/posix_file.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace consilium {

/// Told of the bytes done and of all; its error ends the work.
using TransferObserver = std::function<Status(std::uint64_t done, std::uint64_t total)>;

class BackupWriter {
 public:
  /// `folder`: the backup's, that must not exist.
  static Result<std::unique_ptr<BackupWriter>> Make(std::string folder, TransferObserver observer);
  ~BackupWriter();
  BackupWriter(const BackupWriter&) = delete;
  BackupWriter& operator=(const BackupWriter&) = delete;

  /// The next part, in the order of admin.proto.
  Status Take(const BackupPart& part);
  /// The backup is whole.
  Result<BackupManifest> Finish();

 private:
  BackupWriter(std::string folder, TransferObserver observer);
  Status On(const BackupStart& start);
  Status On(const BackupFile& file);
  Status On(ByteView bytes);
  Status On(const BackupFileEnd& end);

  const std::string folder_;
  const std::string partial_;
  const TransferObserver observer_;
  BackupManifest manifest_;
  bool started_ = false;
  bool finished_ = false;
  std::uint64_t written_ = 0;
  // Of the file that is coming.
  std::optional<PosixFile> file_;
  BackupFile coming_;
  std::uint64_t size_ = 0;
  std::unique_ptr<Hasher> hasher_;
};

/// Checks every file against its digest and puts all of them into `state_folder`, which must be
/// empty or new.
Result<BackupManifest> RestoreBackup(const std::string& folder, const std::string& state_folder,
                                     const TransferObserver& observer);

}  // namespace consilium
