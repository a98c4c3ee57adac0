#include "common/codec/raw_codec.h"

namespace consilium {

Result<Bytes> RawCodec::Encode(const ParameterBlob& blob) const {
  if (!blob.layout || blob.bytes.size() != blob.layout->byte_size()) {
    return InvalidArgument("a blob of " + std::to_string(blob.bytes.size()) +
                           " bytes does not match its layout");
  }
  return blob.bytes;
}

Status RawCodec::CheckSize(const Layout& layout, std::uint64_t encoded_size) const {
  if (encoded_size == layout.byte_size()) return OkStatus();
  return DataLoss("an update of " + std::to_string(encoded_size) + " bytes, expected " +
                  std::to_string(layout.byte_size()));
}

Status RawCodec::DecodeRange(const Layout& layout, const EncodedReader& encoded,
                             std::uint64_t offset, std::span<std::byte> into) const {
  if (offset > layout.byte_size() || into.size() > layout.byte_size() - offset) {
    return DataLoss("bytes " + std::to_string(offset) + " and " + std::to_string(into.size()) +
                    " more lie outside a state of " + std::to_string(layout.byte_size()));
  }
  return encoded(offset, into);
}

}  // namespace consilium
