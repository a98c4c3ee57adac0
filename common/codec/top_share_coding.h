/// Of all values of an entry those that differ most from what counts if they are not sent: a fixed
/// share, at least one. Of equal differences the first count.
///
/// Bytes      uint32 starts[segments + 1], then uint16 places[kept], then float32 values[kept]. A
///            segment is kSegment values; those kept of segment s are [starts[s], starts[s + 1]),
///            places ascending within it.
/// Source     Aji and Heafield 2017 (arXiv 1704.05021); the rest is sent later (update_codec.h).
#pragma once

#include "common/codec/value_coding.h"

namespace consilium {

class TopShareCoding final : public ValueCoding {
 public:
  static constexpr std::uint64_t kSegment = 4096;

  /// `kept` of 10,000.
  explicit TopShareCoding(int kept) : kept_(static_cast<std::uint64_t>(kept)) {}

  std::uint64_t EncodedSize(const EntryShape& shape) const override;
  bool keeps_residual() const override { return true; }
  Status Encode(const EntryShape& shape, std::span<const float> values, std::span<std::byte> out,
                std::span<float> decoded) const override;
  Status Decode(const EntryShape& shape, const EncodedReader& encoded, std::uint64_t first,
                std::span<float> into) const override;

 private:
  std::uint64_t KeptOf(const EntryShape& shape) const;

  std::uint64_t kept_;
};

}  // namespace consilium
