#include "common/codec/zstd_block.h"

#include "common/base/check.h"

#include <algorithm>
#include <zstd.h>

namespace consilium {
namespace {

/// Weights hold no long repetitions: higher levels cost much and save next to nothing.
constexpr int kLevel = 1;

}  // namespace

bool HasZstd() { return true; }

struct ZstdPacker::Context {
  ZSTD_CCtx* handle = ZSTD_createCCtx();
};

ZstdPacker::ZstdPacker() : context_(std::make_unique<Context>()) {
  CONSILIUM_CHECK(context_->handle != nullptr);
  ZSTD_CCtx_setParameter(context_->handle, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_->handle, ZSTD_c_contentSizeFlag, 0);
}
ZstdPacker::~ZstdPacker() { ZSTD_freeCCtx(context_->handle); }

void ZstdPacker::Append(ByteView block, Bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(block.size()));
  const std::size_t size = ZSTD_compress2(context_->handle, out.data() + before,
                                          out.size() - before, block.data(), block.size());
  if (ZSTD_isError(size) == 0 && size < block.size()) {
    out.resize(before + size);
    return;
  }
  out.resize(before + block.size());
  std::ranges::copy(block, out.begin() + static_cast<std::ptrdiff_t>(before));
}

struct ZstdUnpacker::Context {
  ZSTD_DCtx* handle = ZSTD_createDCtx();
};

ZstdUnpacker::ZstdUnpacker() : context_(std::make_unique<Context>()) {
  CONSILIUM_CHECK(context_->handle != nullptr);
}
ZstdUnpacker::~ZstdUnpacker() { ZSTD_freeDCtx(context_->handle); }

Status ZstdUnpacker::Unpack(ByteView packed, std::span<std::byte> block) {
  if (packed.size() == block.size()) {
    std::ranges::copy(packed, block.begin());
    return OkStatus();
  }
  const std::size_t size = ZSTD_decompressDCtx(context_->handle, block.data(), block.size(),
                                               packed.data(), packed.size());
  if (ZSTD_isError(size) != 0) {
    std::string fault("a block is no zstd frame of its size: ");
    fault.append(ZSTD_getErrorName(size));
    return DataLoss(fault);
  }
  if (size == block.size()) return OkStatus();
  return DataLoss("a block unpacks to " + std::to_string(size) + " bytes, expected " +
                  std::to_string(block.size()));
}

}  // namespace consilium
