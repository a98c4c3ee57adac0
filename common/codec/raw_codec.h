/// "raw": an update is its canonical bytes. Threads: stateless.
#pragma once

#include "common/codec/update_codec.h"

namespace consilium {

inline constexpr std::string_view kRawCodecName = "raw";

class RawCodec final : public UpdateCodec {
 public:
  std::string_view name() const override { return kRawCodecName; }
  Result<Bytes> Encode(const ParameterBlob& blob) const override;
  Status CheckSize(const Layout& layout, std::uint64_t encoded_size) const override;
  Status DecodeRange(const Layout& layout, const EncodedReader& encoded, std::uint64_t offset,
                     std::span<std::byte> into) const override;
};

}  // namespace consilium
