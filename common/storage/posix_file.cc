#include "common/storage/posix_file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace consilium {

Status ErrnoStatus(int error, const std::string& path, const std::string& what) {
  const std::string message = path + ": " + what + ": " + std::generic_category().message(error);
  switch (error) {
    case ENOENT:
      return NotFound(message);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return ResourceExhausted(message);
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return InvalidArgument(message);
    default:
      return Internal(message);
  }
}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<PosixFile> PosixFile::Open(const std::string& path, int flags, const std::string& what) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (descriptor < 0) return ErrnoStatus(errno, path, what);
  return PosixFile(path, descriptor);
}

Result<PosixFile> PosixFile::OpenForReading(const std::string& path) {
  return Open(path, O_RDONLY, "cannot be read");
}

Result<PosixFile> PosixFile::OpenForWriting(const std::string& path) {
  return Open(path, O_RDWR | O_CREAT, "cannot be written");
}

Result<PosixFile> PosixFile::OpenNameless(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  CONSILIUM_ASSIGN_OR_RETURN(
      PosixFile file, Open(folder.empty() ? "." : folder, O_RDWR | O_TMPFILE, "cannot be written"));
  file.path_ = path;
  return file;
}

Status PosixFile::GiveName() {
  const std::string own = "/proc/self/fd/" + std::to_string(descriptor_);
  if (::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return ErrnoStatus(errno, path_, "cannot be written");
  }
  return OkStatus();
}

Result<std::uint64_t> PosixFile::Size() const {
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) return ErrnoStatus(errno, path_, "cannot be read");
  if (S_ISDIR(info.st_mode)) return ErrnoStatus(EISDIR, path_, "cannot be read");
  return static_cast<std::uint64_t>(info.st_size);
}

Status PosixFile::WriteAt(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno, path_, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return OkStatus();
}

Status PosixFile::ReadAt(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t read = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return ErrnoStatus(errno, path_, "cannot be read");
    if (read == 0) {
      return DataLoss(path_ + ": ended " + std::to_string(into.size()) + " bytes too early");
    }
    into = into.subspan(static_cast<std::size_t>(read));
    offset += static_cast<std::uint64_t>(read);
  }
  return OkStatus();
}

Status PosixFile::Truncate(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    return ErrnoStatus(errno, path_, "cannot be cut");
  }
  return OkStatus();
}

Status PosixFile::Sync() {
  if (::fsync(descriptor_) != 0) return ErrnoStatus(errno, path_, "cannot be synced");
  return OkStatus();
}

Status SyncFolder(const std::string& folder) {
  CONSILIUM_ASSIGN_OR_RETURN(PosixFile file, PosixFile::OpenForReading(folder));
  return file.Sync();
}

Status RenameDurably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return ErrnoStatus(errno, from, "cannot be renamed");
  }
  const std::string folder = std::filesystem::path(to).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

Status LinkFile(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return OkStatus();
  return ErrnoStatus(errno, from, "cannot be linked");
}

Status MakeFolders(const std::string& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return OkStatus();
  const std::string above = std::filesystem::path(folder).parent_path().string();
  if (above != folder) CONSILIUM_RETURN_IF_ERROR(MakeFolders(above));
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, folder, "cannot be created");
  }
  return SyncFolder(above.empty() ? "." : above);
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return ErrnoStatus(errno, path, "cannot be removed");
  }
  return OkStatus();
}

}  // namespace consilium
