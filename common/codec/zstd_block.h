/// One block of bytes through zstd and back. Absent from builds without CONSILIUM_WITH_ZSTD.
/// Threads: pure.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <memory>

namespace consilium {

bool HasZstd();

class ZstdPacker {
 public:
  ZstdPacker();
  ~ZstdPacker();
  ZstdPacker(const ZstdPacker&) = delete;
  ZstdPacker& operator=(const ZstdPacker&) = delete;

  /// The block as one frame, appended to `out`, or as it is where that is no longer.
  void Append(ByteView block, Bytes& out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

class ZstdUnpacker {
 public:
  ZstdUnpacker();
  ~ZstdUnpacker();
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

  /// `packed`, from Append of a block of block.size() bytes. Nothing beyond it is written or
  /// allocated, whatever a frame claims. Errors: kDataLoss.
  Status Unpack(ByteView packed, std::span<std::byte> block);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace consilium
