/// The few system calls under files and blobs, with errors as Status.
///
/// Errors: kNotFound (no such file), kResourceExhausted (disk full, quota), kInvalidArgument (not
/// permitted, read-only, a folder where a file is expected, name too long), kInternal otherwise;
/// the message is "PATH: what failed: reason". Threads: any.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <utility>

namespace consilium {

/// What errno `error` means for `path`.
Status ErrnoStatus(int error, const std::string& path, const std::string& what);

/// An open file; closed by its destructor.
class PosixFile {
 public:
  PosixFile(PosixFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  PosixFile& operator=(PosixFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile();

  static Result<PosixFile> OpenForReading(const std::string& path);
  /// Creates the file if there is none.
  static Result<PosixFile> OpenForWriting(const std::string& path);
  /// A new file in the folder of `path` that is gone with its descriptor unless GiveName names it
  /// `path`, which must not exist. Any error may mean that the file system knows no such files.
  static Result<PosixFile> OpenNameless(const std::string& path);
  Status GiveName();

  Result<std::uint64_t> Size() const;
  Status WriteAt(std::uint64_t offset, ByteView bytes);
  /// Fills all of `into`; kDataLoss if the file ends before.
  Status ReadAt(std::uint64_t offset, std::span<std::byte> into) const;
  Status Truncate(std::uint64_t size);
  Status Sync();

 private:
  PosixFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  static Result<PosixFile> Open(const std::string& path, int flags, const std::string& what);

  std::string path_;
  int descriptor_;
};

/// Makes a rename or a new file inside `folder` survive a power cut.
Status SyncFolder(const std::string& folder);
/// Renames and syncs the folder of `to`.
Status RenameDurably(const std::string& from, const std::string& to);
/// The file `from` also under the name `to`, which must not exist, on the same file system.
Status LinkFile(const std::string& from, const std::string& to);
/// Creates `folder` and what lacks above it, each synced into its parent.
Status MakeFolders(const std::string& folder);
/// No error if absent.
Status RemoveFile(const std::string& path);

}  // namespace consilium
