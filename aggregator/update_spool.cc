#include "aggregator/update_spool.h"

#include "aggregator/blob_names.h"
#include "aggregator/chunk_walk.h"
#include "aggregator/reduction.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace consilium {
namespace {

std::string Named(const UpdateHeader& header) {
  return "site " + header.site.str() + ": update of round " + std::to_string(header.round);
}

template <typename T>
bool AllFinite(ByteView bytes) {
  bool finite = true;
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof(T));
    finite &= std::isfinite(value);
  }
  return finite;
}

bool AllFinite(ElementType type, ByteView bytes) {
  switch (type) {
    case ElementType::kFloat32:
      return AllFinite<float>(bytes);
    case ElementType::kFloat64:
      return AllFinite<double>(bytes);
    case ElementType::kInt64:
      return true;
  }
  return false;
}

}  // namespace

UpdateSpool::UpdateSpool(BlobStore& blobs, const UpdateCodec& codec, const SentModels& sent,
                         std::shared_ptr<const Layout> layout, HasherFactory hasher)
    : blobs_(blobs),
      codec_(codec),
      sent_(sent),
      layout_(std::move(layout)),
      hasher_(std::move(hasher)) {}

UpdateSpool::Slot& UpdateSpool::SlotOf(const SiteId& site) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Slot>& slot = slots_[site];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

std::unique_lock<std::mutex> UpdateSpool::LockSite(const SiteId& site) {
  return std::unique_lock(SlotOf(site).mutex);
}

Result<std::uint64_t> UpdateSpool::Begin(const UpdateHeader& header) {
  if (Status fits = codec_.CheckSize(header.byte_size); !fits.ok()) {
    return InvalidArgument(Named(header) + ": byte_size: " + fits.message());
  }
  const std::string name = UpdateBlobName(header.round, header.site);
  Slot& slot = SlotOf(header.site);
  const bool other = slot.round == header.round && slot.digest != header.digest;
  const bool known = slot.round == header.round && !other;
  slot.round = header.round;
  slot.digest = header.digest;
  slot.byte_size = header.byte_size;
  CONSILIUM_ASSIGN_OR_RETURN(std::uint64_t size, blobs_.DraftSize(name));
  if (other || header.digest.empty() || size > header.byte_size) {
    CONSILIUM_RETURN_IF_ERROR(blobs_.Discard(name));
    size = 0;
  }
  if (size == 0) {
    slot.hasher = hasher_ ? hasher_() : nullptr;
    slot.hashed = 0;
  } else if (!known || size != slot.hashed) {
    slot.hasher.reset();
  }
  return size;
}

Status UpdateSpool::Append(const SiteId& site, RoundNumber round, std::uint64_t offset,
                           ByteView bytes) {
  Slot& slot = SlotOf(site);
  if (slot.round != round) {
    return FailedPrecondition("site " + site.str() + ": begin the update of round " +
                              std::to_string(round) + " first");
  }
  if (offset > slot.byte_size || bytes.size() > slot.byte_size - offset) {
    return InvalidArgument("site " + site.str() + ": more bytes than the announced " +
                           std::to_string(slot.byte_size));
  }
  CONSILIUM_RETURN_IF_ERROR(blobs_.Append(UpdateBlobName(round, site), offset, bytes));
  if (slot.hasher && slot.hashed == offset) {
    slot.hasher->Update(bytes);
    slot.hashed += bytes.size();
  }
  return OkStatus();
}

Status UpdateSpool::Accept(const UpdateHeader& header, RoundNumber base) {
  const std::string name = UpdateBlobName(header.round, header.site);
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, blobs_.DraftSize(name));
  if (size != header.byte_size) {
    return FailedPrecondition(Named(header) + ": " + std::to_string(size) + " of " +
                              std::to_string(header.byte_size) + " bytes are here");
  }
  const Status checked = CheckDraft(header, base, name);
  if (checked.code() == StatusCode::kDataLoss) {
    CONSILIUM_RETURN_IF_ERROR(blobs_.Discard(name));
  }
  CONSILIUM_RETURN_IF_ERROR(checked);
  return blobs_.Commit(name);
}

Status UpdateSpool::CheckDraft(const UpdateHeader& header, RoundNumber base,
                               const std::string& name) {
  CONSILIUM_RETURN_IF_ERROR(codec_.CheckSize(header.byte_size).WithContext(Named(header)));
  CONSILIUM_RETURN_IF_ERROR(CheckDigest(header, name));
  return CheckFinite(header, base, name);
}

Status UpdateSpool::CheckDigest(const UpdateHeader& header, const std::string& name) {
  if (!hasher_) return OkStatus();
  Slot& slot = SlotOf(header.site);
  const bool whole = slot.hasher && slot.round == header.round && slot.hashed == header.byte_size;
  const Result<std::string> digest =
      whole ? std::exchange(slot.hasher, nullptr)->Finish() : DigestOf(header, name);
  CONSILIUM_RETURN_IF_ERROR(digest.status());
  if (*digest == header.digest) return OkStatus();
  return DataLoss(Named(header) + ": the bytes do not match their digest, send it again");
}

/// Read again: the draft, or a part of it, is from before a restart.
Result<std::string> UpdateSpool::DigestOf(const UpdateHeader& header,
                                          const std::string& name) const {
  const std::unique_ptr<Hasher> hasher = hasher_();
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kMaxChunk, header.byte_size)));
  for (std::uint64_t at = 0; at < header.byte_size; at += buffer.size()) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), header.byte_size - at));
    const std::span<std::byte> part(buffer.data(), size);
    CONSILIUM_RETURN_IF_ERROR(blobs_.ReadDraftAt(name, at, part));
    hasher->Update(part);
  }
  return hasher->Finish();
}

Status UpdateSpool::CheckFinite(const UpdateHeader& header, RoundNumber base,
                                const std::string& name) const {
  const EncodedReader read = [&](std::uint64_t at, std::span<std::byte> bytes) {
    return blobs_.ReadDraftAt(name, at, bytes);
  };
  const EncodedReader model = sent_.Received(base);
  Bytes buffer(kMaxChunk);
  return ForEachChunk(*layout_, kMaxChunk, [&](const Chunk& chunk) {
    const std::span<std::byte> values(buffer.data(), chunk.size);
    CONSILIUM_RETURN_IF_ERROR(
        codec_.DecodeRange(read, model, chunk.offset, values).WithContext(Named(header)));
    if (AllFinite(chunk.entry.type, values)) return OkStatus();
    return DataLoss(Named(header) + ": entry '" + chunk.entry.name +
                    "' holds a value that is not finite");
  });
}

Status UpdateSpool::Remove(RoundNumber round, const SiteId& site) {
  const std::string name = UpdateBlobName(round, site);
  CONSILIUM_RETURN_IF_ERROR(blobs_.Discard(name));
  return blobs_.Remove(name);
}

}  // namespace consilium
