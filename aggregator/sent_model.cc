#include "aggregator/sent_model.h"

#include <utility>

namespace consilium {

SentModels::SentModels(BlobStore& blobs, ModelCodec codec, HasherFactory hasher)
    : blobs_(blobs), codec_(std::move(codec)), hasher_(std::move(hasher)) {}

std::string SentModels::BlobName(RoundNumber version) const {
  return codec_.is_exact() ? ModelBlobName(version) : SentBlobName(version);
}

Result<ModelRef> SentModels::Write(const ModelRef& kept) const {
  if (codec_.is_exact()) return kept;
  const std::string name = SentBlobName(kept.version);
  CONSILIUM_RETURN_IF_ERROR(blobs_.Discard(name));
  const std::unique_ptr<Hasher> hasher = hasher_ ? hasher_() : nullptr;
  const EncodedReader read = [&](std::uint64_t at, std::span<std::byte> into) {
    return blobs_.ReadAt(ModelBlobName(kept.version), at, into);
  };
  std::uint64_t written = 0;
  const auto write = [&](ByteView part) -> Status {
    CONSILIUM_RETURN_IF_ERROR(blobs_.Append(name, written, part));
    if (hasher) hasher->Update(part);
    written += part.size();
    return OkStatus();
  };
  CONSILIUM_RETURN_IF_ERROR(codec_.Encode(read, write).WithContext("the model for the sites"));
  CONSILIUM_RETURN_IF_ERROR(blobs_.Commit(name));
  return ModelRef{hasher ? hasher->Finish() : "", written, kept.version};
}

EncodedReader SentModels::Received(RoundNumber version) const {
  EncodedReader bytes = [this, name = BlobName(version)](std::uint64_t at,
                                                         std::span<std::byte> into) {
    return blobs_.ReadAt(name, at, into);
  };
  if (codec_.is_exact()) return bytes;
  return [this, bytes = std::move(bytes)](std::uint64_t at, std::span<std::byte> into) {
    return codec_.DecodeRange(bytes, at, into);
  };
}

}  // namespace consilium
