#include "common/storage/file_io.h"

#include "common/storage/posix_file.h"

#include <atomic>
#include <unistd.h>

namespace consilium {
namespace {

// Two threads or processes that write the same path must not write into one file beside it.
std::string NameBeside(const std::string& path) {
  static std::atomic<unsigned> count{0};
  return path + "." + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".part";
}

/// The bytes under the name `beside`, synced. Without a name until it is whole, a file leaves nothing
/// behind if the process is killed; file systems that cannot do so (NFS) get a named one.
Status WriteBeside(const std::string& beside, ByteView bytes) {
  Result<PosixFile> file = PosixFile::OpenNameless(beside);
  const bool nameless = file.ok();
  if (!nameless) file = PosixFile::OpenForWriting(beside);
  CONSILIUM_RETURN_IF_ERROR(file.status());
  CONSILIUM_RETURN_IF_ERROR(file->WriteAt(0, bytes));
  CONSILIUM_RETURN_IF_ERROR(file->Sync());
  return nameless ? file->GiveName() : OkStatus();
}

}  // namespace

Result<Bytes> ReadFile(const std::string& path, std::uint64_t limit) {
  CONSILIUM_ASSIGN_OR_RETURN(const PosixFile file, PosixFile::OpenForReading(path));
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, file.Size());
  if (size > limit) {
    return InvalidArgument(path + ": " + std::to_string(size) + " bytes, expected at most " +
                           std::to_string(limit));
  }
  Bytes bytes(size);
  CONSILIUM_RETURN_IF_ERROR(file.ReadAt(0, bytes));
  return bytes;
}

Status WriteFileAtomically(const std::string& path, ByteView bytes) {
  const std::string beside = NameBeside(path);
  Status status = WriteBeside(beside, bytes);
  if (status.ok()) status = RenameDurably(beside, path);
  if (status.ok()) return OkStatus();
  // The reason is worth more than a failure to clean up.
  static_cast<void>(RemoveFile(beside));
  const StatusCode code =
      status.code() == StatusCode::kNotFound ? StatusCode::kInvalidArgument : status.code();
  const std::string& message = status.message();
  const std::string reason =
      message.starts_with(beside) ? message.substr(beside.size() + 2) : message;
  return {code, path + ": " + reason};
}

}  // namespace consilium
