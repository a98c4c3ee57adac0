/// A stream as compressed blocks behind an index, so that any part of it can be read by itself.
///
/// Bytes    uint64 ends[blocks], each counted from the beginning, then the packed blocks. A block is
///          kBlock bytes of the stream (the last one the rest), its values' first bytes, then their
///          second bytes and so on, as one zstd frame, or as it is where that is no longer.
/// Memory   two blocks, whatever the bytes claim. Errors: kDataLoss for bytes that cannot be.
/// Threads  none inside.
#pragma once

#include "common/base/bytes.h"
#include "common/codec/encoded_reader.h"
#include "common/codec/zstd_block.h"

namespace consilium {

class PackedBlocks {
 public:
  static constexpr std::uint64_t kBlock = 65'536;

  /// `value_width`: 1, 2 or 4, of which kBlock and the stream's size are multiples.
  static Bytes Pack(ByteView stream, std::size_t value_width);
  static Status CheckSize(std::uint64_t stream_size, std::uint64_t packed_size);

  PackedBlocks(const EncodedReader& packed, std::uint64_t stream_size, std::size_t value_width)
      : packed_(packed), stream_size_(stream_size), value_width_(value_width) {}

  /// Stream bytes [offset, offset + into.size()).
  Status Read(std::uint64_t offset, std::span<std::byte> into);

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  Status Load(std::uint64_t block);

  const EncodedReader& packed_;
  std::uint64_t stream_size_;
  std::size_t value_width_;
  ZstdUnpacker unpacker_;
  std::uint64_t loaded_ = kNone;
  Bytes block_;  // loaded_, as it was in the stream
  Bytes planes_;
  Bytes frame_;
};

}  // namespace consilium
