/// Stores whose disk fills up or loses power, over stores that last. Threads: as those below.
#pragma once

#include "aggregator/round_store.h"
#include "tests/support/forwarding_blob_store.h"

#include <atomic>

namespace consilium {

/// What every change of both stores asks first.
class DiskTrouble {
 public:
  void Fill() { full_ = true; }
  void MakeRoom() { full_ = false; }
  /// Before (or after) change number `changes` from now nothing works any more.
  void CutPower(std::int64_t changes, bool after) {
    left_ = changes;
    after_ = after;
  }
  void RestorePower() {
    left_ = 0;
    dark_ = false;
  }
  bool dark() const { return dark_; }

  template <typename Change>
  Status Guard(bool needs_room, const Change& change) {
    if (dark_) return Unavailable("the power is gone");
    if (full_ && needs_room) return ResourceExhausted("the disk is full");
    if (left_ == 0 || --left_ > 0) return change();
    if (after_) CONSILIUM_RETURN_IF_ERROR(change());
    dark_ = true;
    return Unavailable("the power is gone");
  }

 private:
  std::atomic<bool> full_ = false;
  std::atomic<bool> dark_ = false;
  std::int64_t left_ = 0;  // 0: no cut comes
  bool after_ = false;
};

class TroubledBlobStore final : public ForwardingBlobStore {
 public:
  TroubledBlobStore(BlobStore& below, DiskTrouble& trouble)
      : ForwardingBlobStore(below), trouble_(trouble) {}
  Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) override {
    return trouble_.Guard(true, [&] { return ForwardingBlobStore::Append(name, offset, bytes); })
        .WithContext(name);
  }
  Status Commit(std::string_view name) override {
    return trouble_.Guard(true, [&] { return ForwardingBlobStore::Commit(name); });
  }
  Status Discard(std::string_view name) override {
    return trouble_.Guard(false, [&] { return ForwardingBlobStore::Discard(name); });
  }
  Status Remove(std::string_view name) override {
    return trouble_.Guard(false, [&] { return ForwardingBlobStore::Remove(name); });
  }

 private:
  DiskTrouble& trouble_;
};

class TroubledRoundStore final : public RoundStore {
 public:
  TroubledRoundStore(RoundStore& below, DiskTrouble& trouble) : below_(below), trouble_(trouble) {}
  Status Append(const Event& event) override {
    return trouble_.Guard(true, [&] { return below_.Append(event); });
  }
  Result<std::vector<Event>> Load() const override { return below_.Load(); }

 private:
  RoundStore& below_;
  DiskTrouble& trouble_;
};

}  // namespace consilium
