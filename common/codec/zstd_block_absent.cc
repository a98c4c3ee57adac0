#include "common/codec/zstd_block.h"

#include <algorithm>

namespace consilium {

bool HasZstd() { return false; }

struct ZstdPacker::Context {};
ZstdPacker::ZstdPacker() = default;
ZstdPacker::~ZstdPacker() = default;
void ZstdPacker::Append(ByteView block, Bytes& out) {
  out.insert(out.end(), block.begin(), block.end());
}

struct ZstdUnpacker::Context {};
ZstdUnpacker::ZstdUnpacker() = default;
ZstdUnpacker::~ZstdUnpacker() = default;
Status ZstdUnpacker::Unpack(ByteView packed, std::span<std::byte> block) {
  if (packed.size() != block.size()) return DataLoss("a block is compressed");
  std::ranges::copy(packed, block.begin());
  return OkStatus();
}

}  // namespace consilium
