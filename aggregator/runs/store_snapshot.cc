#include "aggregator/runs/store_snapshot.h"

#include "aggregator/runs/run_folder.h"
#include "common/storage/posix_file.h"

#include <filesystem>
#include <utility>

namespace consilium {

std::string BackupsFolder(const std::string& state_folder) {
  return (std::filesystem::path(state_folder) / "backups").string();
}

StoreSnapshot::StoreSnapshot(std::string folder, Timestamp at) : folder_(std::move(folder)) {
  start_.at = at;
}

Result<std::unique_ptr<StoreSnapshot>> StoreSnapshot::Make(std::string folder, Timestamp at) {
  std::error_code failed;
  std::filesystem::remove_all(folder, failed);
  if (failed) return Internal(folder + ": " + failed.message());
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(folder));
  return std::unique_ptr<StoreSnapshot>(new StoreSnapshot(std::move(folder), at));
}

StoreSnapshot::~StoreSnapshot() {
  std::error_code ignored;  // removed when the store is opened again
  std::filesystem::remove_all(folder_, ignored);
}

std::string StoreSnapshot::PathOf(const std::string& path) const {
  return (std::filesystem::path(folder_) / path).string();
}

Status StoreSnapshot::Add(const std::string& path, const std::string& digest) {
  CONSILIUM_ASSIGN_OR_RETURN(const PosixFile file, PosixFile::OpenForReading(PathOf(path)));
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, file.Size());
  files_.push_back({{path, size}, digest});
  start_.files = static_cast<std::int64_t>(files_.size());
  start_.byte_size += size;
  return OkStatus();
}

Status StoreSnapshot::AddRun(const BackedUpRun& run, const std::vector<NeededBlob>& blobs) {
  const std::string folder = RunPath(run.run);
  CONSILIUM_RETURN_IF_ERROR(Add(folder + "/" + std::string(kEventLogFile), ""));
  for (const NeededBlob& blob : blobs) {
    CONSILIUM_RETURN_IF_ERROR(Add(folder + "/blobs/" + blob.name, blob.digest));
  }
  start_.runs.push_back(run);
  return OkStatus();
}

Status StoreSnapshot::ReadAt(std::size_t file, std::uint64_t offset,
                             std::span<std::byte> into) const {
  CONSILIUM_ASSIGN_OR_RETURN(const PosixFile open,
                             PosixFile::OpenForReading(PathOf(files_[file].file.path)));
  return open.ReadAt(offset, into);
}

}  // namespace consilium
