/// Updates on their way in: drafts that can be resumed, checked before they count.
///
/// Threads  any, but each method for a site requires the lock of LockSite(site), so that two calls
///          of one site never write one draft.
#pragma once

#include "aggregator/sent_model.h"
#include "common/base/hasher.h"
#include "common/codec/update_codec.h"
#include "common/federation/messages.h"
#include "common/storage/blob_store.h"

#include <map>
#include <memory>
#include <mutex>

namespace consilium {

class UpdateSpool {
 public:
  /// `codec` of `layout`, that of the shared state.
  UpdateSpool(BlobStore& blobs, const UpdateCodec& codec, const SentModels& sent,
              std::shared_ptr<const Layout> layout, HasherFactory hasher);

  std::unique_lock<std::mutex> LockSite(const SiteId& site);

  /// Bytes of this very update that are spooled already. Bytes of another one are discarded;
  /// without digests nobody can tell, so the upload starts anew. Errors: kInvalidArgument for a
  /// size that the layout does not have.
  Result<std::uint64_t> Begin(const UpdateHeader& header);
  /// Errors: kFailedPrecondition: not begun, or not at the draft's end; kInvalidArgument: more
  /// bytes than announced.
  Status Append(const SiteId& site, RoundNumber round, std::uint64_t offset, ByteView bytes);
  /// Checks size, digest and that every value is finite once decoded against model `base` as it was sent; then the
  /// update is synced under its name.
  /// Errors: kFailedPrecondition: bytes are missing; kDataLoss: what came is wrong (the draft is
  /// discarded).
  Status Accept(const UpdateHeader& header, RoundNumber base);
  /// Deletes what site sent in `round`.
  Status Remove(RoundNumber round, const SiteId& site);

 private:
  struct Slot {
    std::mutex mutex;
    RoundNumber round = -1;  // of the upload begun; -1: none in this process
    std::string digest;
    std::uint64_t byte_size = 0;
    std::unique_ptr<Hasher> hasher;  // of the draft's bytes, if all of them came by here
    std::uint64_t hashed = 0;
  };
  Slot& SlotOf(const SiteId& site);
  Status CheckDraft(const UpdateHeader& header, RoundNumber base, const std::string& name);
  Status CheckDigest(const UpdateHeader& header, const std::string& name);
  Result<std::string> DigestOf(const UpdateHeader& header, const std::string& name) const;
  Status CheckFinite(const UpdateHeader& header, RoundNumber base, const std::string& name) const;

  BlobStore& blobs_;
  const UpdateCodec& codec_;
  const SentModels& sent_;
  std::shared_ptr<const Layout> layout_;
  HasherFactory hasher_;
  std::mutex mutex_;
  std::map<SiteId, std::unique_ptr<Slot>> slots_;  // guarded by mutex_; a slot by its own
};

}  // namespace consilium
