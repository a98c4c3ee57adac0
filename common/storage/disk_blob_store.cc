#include "common/storage/blob_name.h"
#include "common/storage/blob_store.h"
#include "common/storage/posix_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace consilium {
namespace {

namespace fs = std::filesystem;

class DiskBlobStore final : public BlobStore {
 public:
  explicit DiskBlobStore(std::string root) : root_(std::move(root)) {}

  Result<std::uint64_t> DraftSize(std::string_view name) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    Result<std::uint64_t> size = FileSize(DraftPath(name));
    if (!size.ok() && size.status().code() == StatusCode::kNotFound) return std::uint64_t{0};
    return size;
  }

  Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::string path = DraftPath(name);
    CONSILIUM_RETURN_IF_ERROR(MakeFolders(fs::path(path).parent_path().string()));
    CONSILIUM_ASSIGN_OR_RETURN(PosixFile draft, PosixFile::OpenForWriting(path));
    CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, draft.Size());
    if (offset != size) {
      return FailedPrecondition("draft of '" + std::string(name) + "' ends at " +
                                std::to_string(size) + ", not at " + std::to_string(offset));
    }
    Status written = draft.WriteAt(offset, bytes);
    // A full disk takes part of the bytes: give them back, so that the draft can be resumed.
    if (!written.ok()) static_cast<void>(draft.Truncate(offset));
    return written;
  }

  Status Commit(std::string_view name) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::string path = DraftPath(name);
    {
      CONSILIUM_RETURN_IF_ERROR(FileSize(path).status());
      CONSILIUM_ASSIGN_OR_RETURN(PosixFile draft, PosixFile::OpenForWriting(path));
      CONSILIUM_RETURN_IF_ERROR(draft.Sync());
    }
    return RenameDurably(path, Path(name));
  }

  Status Discard(std::string_view name) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    return RemoveFile(DraftPath(name));
  }

  Result<std::uint64_t> Size(std::string_view name) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    return FileSize(Path(name));
  }

  Status ReadAt(std::string_view name, std::uint64_t offset,
                std::span<std::byte> into) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    return ReadFileAt(Path(name), offset, into);
  }

  Status ReadDraftAt(std::string_view name, std::uint64_t offset,
                     std::span<std::byte> into) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    return ReadFileAt(DraftPath(name), offset, into);
  }

  Status Remove(std::string_view name) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    return RemoveFile(Path(name));
  }

  Result<std::vector<std::string>> List(std::string_view prefix) const override {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::recursive_directory_iterator it(root_, error), end; !error && it != end;
         it.increment(error)) {
      const std::string name = it->path().lexically_relative(root_).generic_string();
      std::error_code ignored;
      if (it->is_regular_file(ignored) && name.starts_with(prefix) && ValidateBlobName(name).ok()) {
        names.push_back(name);
      }
    }
    if (error) return Internal(root_ + ": cannot be listed: " + error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string Path(std::string_view name) const { return root_ + "/" + std::string(name); }
  std::string DraftPath(std::string_view name) const {
    return Path(name) + std::string(kDraftSuffix);
  }
  static Result<std::uint64_t> FileSize(const std::string& path) {
    CONSILIUM_ASSIGN_OR_RETURN(const PosixFile file, PosixFile::OpenForReading(path));
    return file.Size();
  }
  static Status ReadFileAt(const std::string& path, std::uint64_t offset,
                           std::span<std::byte> into) {
    CONSILIUM_ASSIGN_OR_RETURN(const PosixFile file, PosixFile::OpenForReading(path));
    return file.ReadAt(offset, into);
  }

  std::string root_;
};

}  // namespace

Result<std::unique_ptr<BlobStore>> OpenDiskBlobStore(const std::string& root) {
  const Status made = MakeFolders(root);
  if (!made.ok()) return InvalidArgument(made.message());
  std::error_code ignored;
  if (!fs::is_directory(root, ignored) || ::access(root.c_str(), W_OK | X_OK) != 0) {
    return InvalidArgument(root + ": is not a folder that can be written");
  }
  return std::unique_ptr<BlobStore>(std::make_unique<DiskBlobStore>(root));
}

}  // namespace consilium
