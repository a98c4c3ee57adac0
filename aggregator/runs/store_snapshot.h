/// The files of a backup while they are sent: links and copies in a folder of their own, beside the
/// store that they are of and untouched by what happens there. The folder goes with the object; what
/// a kill leaves of it is removed when the store is opened again.
/// Errors: those of the files, named as in the backup. Threads: as BackupSource.
#pragma once

#include "aggregator/round_coordinator.h"
#include "aggregator/runs/run_admin.h"

#include <string>
#include <vector>

namespace consilium {

/// Where a store keeps its snapshots.
std::string BackupsFolder(const std::string& state_folder);

class StoreSnapshot final : public BackupSource {
 public:
  /// Makes `folder` anew.
  static Result<std::unique_ptr<StoreSnapshot>> Make(std::string folder, Timestamp at);
  ~StoreSnapshot() override;

  /// Where the file `path` of the backup has to lie.
  std::string PathOf(const std::string& path) const;
  /// The file lies there.
  Status Add(const std::string& path, const std::string& digest);
  /// So do a run's log and `blobs`, below PathOf(RunPath(run)).
  Status AddRun(const BackedUpRun& run, const std::vector<NeededBlob>& blobs);
  static std::string RunPath(const RunId& run) { return "runs/" + run.str(); }

  const BackupStart& start() const override { return start_; }
  const std::vector<File>& files() const override { return files_; }
  Status ReadAt(std::size_t file, std::uint64_t offset, std::span<std::byte> into) const override;

 private:
  StoreSnapshot(std::string folder, Timestamp at);

  const std::string folder_;
  BackupStart start_;
  std::vector<File> files_;
};

}  // namespace consilium
