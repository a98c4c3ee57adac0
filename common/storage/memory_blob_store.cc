#include "common/storage/blob_name.h"
#include "common/storage/blob_store.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace consilium {
namespace {

using Blobs = std::map<std::string, Bytes, std::less<>>;

Status CopyRange(const Blobs& blobs, std::string_view name, std::uint64_t offset,
                 std::span<std::byte> into) {
  const auto found = blobs.find(name);
  if (found == blobs.end()) return NotFound("no blob '" + std::string(name) + "'");
  const Bytes& bytes = found->second;
  if (offset > bytes.size() || into.size() > bytes.size() - offset) {
    return DataLoss("blob '" + std::string(name) + "' ends at " + std::to_string(bytes.size()) +
                    " bytes, too early");
  }
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
  return OkStatus();
}

class MemoryBlobStore final : public BlobStore {
 public:
  Result<std::uint64_t> DraftSize(std::string_view name) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    return found == drafts_.end() ? std::uint64_t{0} : found->second.size();
  }

  Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    const std::uint64_t size = found == drafts_.end() ? 0 : found->second.size();
    if (offset != size) {
      return FailedPrecondition("draft of '" + std::string(name) + "' ends at " +
                                std::to_string(size) + ", not at " + std::to_string(offset));
    }
    Bytes& draft = found == drafts_.end() ? drafts_[std::string(name)] : found->second;
    draft.insert(draft.end(), bytes.begin(), bytes.end());
    return OkStatus();
  }

  Status Commit(std::string_view name) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    if (found == drafts_.end()) return NotFound("no draft of '" + std::string(name) + "'");
    found->second.shrink_to_fit();
    blobs_.insert_or_assign(found->first, std::move(found->second));
    drafts_.erase(found);
    return OkStatus();
  }

  Status Discard(std::string_view name) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    drafts_.erase(std::string(name));
    return OkStatus();
  }

  Result<std::uint64_t> Size(std::string_view name) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) return NotFound("no blob '" + std::string(name) + "'");
    return std::uint64_t{found->second.size()};
  }

  Status ReadAt(std::string_view name, std::uint64_t offset,
                std::span<std::byte> into) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    return CopyRange(blobs_, name, offset, into);
  }

  Status ReadDraftAt(std::string_view name, std::uint64_t offset,
                     std::span<std::byte> into) const override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    return CopyRange(drafts_, name, offset, into);
  }

  Status Remove(std::string_view name) override {
    CONSILIUM_RETURN_IF_ERROR(ValidateBlobName(name));
    const std::lock_guard lock(mutex_);
    blobs_.erase(std::string(name));
    return OkStatus();
  }

  Result<std::vector<std::string>> List(std::string_view prefix) const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (auto it = blobs_.lower_bound(prefix); it != blobs_.end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      names.push_back(it->first);
    }
    return names;
  }

 private:
  mutable std::mutex mutex_;
  Blobs blobs_;
  Blobs drafts_;
};

}  // namespace

std::unique_ptr<BlobStore> MakeMemoryBlobStore() { return std::make_unique<MemoryBlobStore>(); }

}  // namespace consilium
