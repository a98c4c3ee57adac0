/// A BlobStore that hands every call on: base of those that watch or break them.
#pragma once

#include "common/storage/blob_store.h"

namespace consilium {

class ForwardingBlobStore : public BlobStore {
 public:
  /// `below` must outlive this store.
  explicit ForwardingBlobStore(BlobStore& below) : below_(below) {}

  Result<std::uint64_t> DraftSize(std::string_view name) const override {
    return below_.DraftSize(name);
  }
  Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) override {
    return below_.Append(name, offset, bytes);
  }
  Status Commit(std::string_view name) override { return below_.Commit(name); }
  Status Discard(std::string_view name) override { return below_.Discard(name); }
  Result<std::uint64_t> Size(std::string_view name) const override { return below_.Size(name); }
  Status ReadAt(std::string_view name, std::uint64_t offset,
                std::span<std::byte> into) const override {
    return below_.ReadAt(name, offset, into);
  }
  Status ReadDraftAt(std::string_view name, std::uint64_t offset,
                     std::span<std::byte> into) const override {
    return below_.ReadDraftAt(name, offset, into);
  }
  Status Remove(std::string_view name) override { return below_.Remove(name); }
  Result<std::vector<std::string>> List(std::string_view prefix) const override {
    return below_.List(prefix);
  }

 private:
  BlobStore& below_;
};

}  // namespace consilium
