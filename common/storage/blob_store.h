/// Named byte strings that are written once: the seam under models and spooled updates.
///
/// A blob appears under its name only by Commit, whole and synced; until then its bytes are a draft
/// that can be appended to and resumed. Names are relative paths of [A-Za-z0-9._-] parts joined by
/// '/'. DiskBlobStore keeps each in a file (draft: same name + ".draft"; Commit = fsync, rename,
/// fsync of the folder). MemoryBlobStore is for simulations and tests and loses all with the
/// process.
/// Errors   kNotFound: no such blob; kInvalidArgument: bad name; kFailedPrecondition: append at
///          another offset than the draft's end; kResourceExhausted: disk full.
/// Threads  any; two writers of one name must not run at once (the caller's rule).
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  /// Bytes in the draft of `name` so far; 0 if there is none.
  virtual Result<std::uint64_t> DraftSize(std::string_view name) const = 0;
  /// Appends at `offset`, which must be the draft's size.
  virtual Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) = 0;
  /// The draft becomes the blob; replaces an older one.
  virtual Status Commit(std::string_view name) = 0;
  /// Forgets the draft, if any.
  virtual Status Discard(std::string_view name) = 0;

  virtual Result<std::uint64_t> Size(std::string_view name) const = 0;
  /// Fills all of `into` from `offset`; kDataLoss if the blob ends before.
  virtual Status ReadAt(std::string_view name, std::uint64_t offset,
                        std::span<std::byte> into) const = 0;
  /// As ReadAt, from a draft (to digest what arrived).
  virtual Status ReadDraftAt(std::string_view name, std::uint64_t offset,
                             std::span<std::byte> into) const = 0;
  virtual Status Remove(std::string_view name) = 0;  ///< no error if absent
  /// Committed names that start with `prefix`, sorted.
  virtual Result<std::vector<std::string>> List(std::string_view prefix) const = 0;

  /// All of a blob.
  Result<Bytes> ReadAll(std::string_view name) const;
};

/// Creates `root` if needed. Errors: kInvalidArgument if it cannot be written.
Result<std::unique_ptr<BlobStore>> OpenDiskBlobStore(const std::string& root);
std::unique_ptr<BlobStore> MakeMemoryBlobStore();

}  // namespace consilium
