#include "aggregator/admin/backup_folder.h"

#include "common/security/sha256.h"
#include "common/storage/file_io.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace consilium {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxManifest = std::uint64_t{1} << 28;
constexpr std::uint64_t kStep = std::uint64_t{1} << 20;
constexpr const char* kManifestFile = "backup.json";
constexpr const char* kStateFolder = "state";

/// "b/" and "b" are one folder.
std::string WithoutSlash(std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

std::string PartialOf(const std::string& folder) {
  return folder + "." + std::to_string(::getpid()) + ".partial";
}

void RemoveFolder(const std::string& folder) {
  std::error_code ignored;  // the reason for it is worth more
  fs::remove_all(folder, ignored);
}

/// Names in the folder and in all below survive a power cut.
Status SyncFolders(const std::string& folder) {
  std::error_code failed;
  for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->is_directory()) CONSILIUM_RETURN_IF_ERROR(SyncFolder(it->path().string()));
  }
  if (failed) return Internal(folder + ": cannot be listed: " + failed.message());
  return SyncFolder(folder);
}

Result<PosixFile> NewFile(const fs::path& path) {
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(path.parent_path().string()));
  return PosixFile::OpenForWriting(path.string());
}

/// Copies one file of a backup, and finds out whether it is as it was.
Status PutBack(const BackupManifest::File& file, const std::string& backup,
               const std::string& target, const std::function<Status(std::uint64_t)>& done) {
  const std::string from = (fs::path(backup) / kStateFolder / file.file.path).string();
  const Result<PosixFile> source = PosixFile::OpenForReading(from);
  if (!source.ok()) return DataLoss(source.status().message());
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, source->Size());
  if (size != file.file.byte_size) {
    return DataLoss(from + ": is damaged: " + std::to_string(size) + " bytes, expected " +
                    std::to_string(file.file.byte_size));
  }
  CONSILIUM_ASSIGN_OR_RETURN(PosixFile to, NewFile(fs::path(target) / file.file.path));
  const std::unique_ptr<Hasher> hasher = Sha256()();
  Bytes buffer;
  for (std::uint64_t at = 0; at < size; at += buffer.size()) {
    buffer.resize(std::min(kStep, size - at));
    CONSILIUM_RETURN_IF_ERROR(source->ReadAt(at, buffer));
    hasher->Update(buffer);
    CONSILIUM_RETURN_IF_ERROR(to.WriteAt(at, buffer));
    CONSILIUM_RETURN_IF_ERROR(done(buffer.size()));
  }
  if (hasher->Finish() != file.sha256) {
    return DataLoss(from + ": is damaged: its SHA-256 is not that of backup.json");
  }
  return to.Sync();
}

/// The target may exist as an empty folder: rename replaces one.
Status CheckEmpty(const std::string& state_folder) {
  std::error_code failed;
  if (!fs::exists(state_folder, failed)) return OkStatus();
  const bool empty = fs::is_empty(state_folder, failed);
  if (!failed && empty && fs::is_directory(state_folder, failed)) return OkStatus();
  return AlreadyExists(state_folder +
                       ": is not empty, expected a new folder: the state that is there would be "
                       "lost");
}

Result<BackupManifest> ReadManifest(const std::string& folder) {
  const std::string path = (fs::path(folder) / kManifestFile).string();
  const Result<Bytes> text = ReadFile(path, kMaxManifest);
  if (!text.ok()) {
    return InvalidArgument(folder + ": is no backup: " + text.status().message());
  }
  Result<BackupManifest> manifest = ParseManifest(AsText(*text));
  if (!manifest.ok()) return manifest.status().WithContext(path);
  return manifest;
}

Status PutAllBack(const BackupManifest& manifest, const std::string& backup,
                  const std::string& partial, const TransferObserver& observer) {
  std::uint64_t copied = 0;
  const auto done = [&](std::uint64_t bytes) {
    copied += bytes;
    return observer(copied, manifest.start.byte_size);
  };
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(partial));
  for (const BackupManifest::File& file : manifest.files) {
    CONSILIUM_RETURN_IF_ERROR(PutBack(file, backup, partial, done));
  }
  return SyncFolders(partial);
}

}  // namespace

BackupWriter::BackupWriter(std::string folder, TransferObserver observer)
    : folder_(std::move(folder)), partial_(PartialOf(folder_)), observer_(std::move(observer)) {}

Result<std::unique_ptr<BackupWriter>> BackupWriter::Make(std::string folder,
                                                         TransferObserver observer) {
  folder = WithoutSlash(std::move(folder));
  if (::access(folder.c_str(), F_OK) == 0) {
    return AlreadyExists(folder + ": exists, expected the name of a new folder");
  }
  auto made =
      std::unique_ptr<BackupWriter>(new BackupWriter(std::move(folder), std::move(observer)));
  CONSILIUM_RETURN_IF_ERROR(MakeFolders((fs::path(made->partial_) / kStateFolder).string()));
  return made;
}

BackupWriter::~BackupWriter() {
  if (!finished_) RemoveFolder(partial_);
}

Status BackupWriter::Take(const BackupPart& part) {
  const bool begins = std::holds_alternative<BackupStart>(part);
  if (begins == started_) return DataLoss("backup: expected its start first, and once");
  return std::visit([this](const auto& of) { return On(of); }, part);
}

Status BackupWriter::On(const BackupStart& start) {
  if (start.format != kBackupFormat) {
    return FailedPrecondition("backup: the aggregator writes format " +
                              std::to_string(start.format) + ", expected " +
                              std::to_string(kBackupFormat) + ": use its version of this program");
  }
  started_ = true;
  manifest_.start = start;
  return observer_(0, start.byte_size);
}

Status BackupWriter::On(const BackupFile& file) {
  if (file_) return DataLoss("backup: " + coming_.path + ": expected its end");
  CONSILIUM_RETURN_IF_ERROR(CheckBackupPath(file.path).WithContext("backup"));
  const fs::path path = fs::path(partial_) / kStateFolder / file.path;
  if (::access(path.c_str(), F_OK) == 0) return DataLoss("backup: " + file.path + ": came twice");
  CONSILIUM_ASSIGN_OR_RETURN(file_, NewFile(path));
  coming_ = file;
  size_ = 0;
  hasher_ = Sha256()();
  return OkStatus();
}

Status BackupWriter::On(ByteView bytes) {
  if (!file_ || bytes.size() > coming_.byte_size - size_) {
    return DataLoss("backup: more bytes than announced");
  }
  CONSILIUM_RETURN_IF_ERROR(file_->WriteAt(size_, bytes));
  hasher_->Update(bytes);
  size_ += bytes.size();
  written_ += bytes.size();
  return observer_(written_, manifest_.start.byte_size);
}

Status BackupWriter::On(const BackupFileEnd& end) {
  if (!file_ || size_ != coming_.byte_size || hasher_->Finish() != end.sha256) {
    return DataLoss("backup: " + coming_.path + ": was damaged on its way, try again");
  }
  CONSILIUM_RETURN_IF_ERROR(file_->Sync());
  file_.reset();
  manifest_.files.push_back({coming_, end.sha256});
  return OkStatus();
}

Result<BackupManifest> BackupWriter::Finish() {
  const BackupStart& start = manifest_.start;
  if (!started_ || file_ || written_ != start.byte_size ||
      static_cast<std::int64_t>(manifest_.files.size()) != start.files) {
    return DataLoss("backup: ended before it was whole, try again");
  }
  CONSILIUM_RETURN_IF_ERROR(WriteFileAtomically((fs::path(partial_) / kManifestFile).string(),
                                                AsBytes(FormatManifest(manifest_))));
  CONSILIUM_RETURN_IF_ERROR(SyncFolders(partial_));
  CONSILIUM_RETURN_IF_ERROR(RenameDurably(partial_, folder_));
  finished_ = true;
  return manifest_;
}

Result<BackupManifest> RestoreBackup(const std::string& folder, const std::string& state_folder,
                                     const TransferObserver& observer) {
  const std::string target = WithoutSlash(state_folder);
  CONSILIUM_RETURN_IF_ERROR(CheckEmpty(target));
  CONSILIUM_ASSIGN_OR_RETURN(BackupManifest manifest, ReadManifest(WithoutSlash(folder)));
  const std::string partial = PartialOf(target);
  Status status = PutAllBack(manifest, WithoutSlash(folder), partial, observer);
  if (status.ok()) status = RenameDurably(partial, target);
  if (!status.ok()) {
    RemoveFolder(partial);
    return status;
  }
  return manifest;
}

}  // namespace consilium
