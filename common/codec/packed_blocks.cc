#include "common/codec/packed_blocks.h"

#include <algorithm>
#include <vector>

namespace consilium {
namespace {

constexpr std::uint64_t kBlock = PackedBlocks::kBlock;
constexpr std::uint64_t kEndSize = sizeof(std::uint64_t);

std::uint64_t BlocksOf(std::uint64_t stream_size) { return (stream_size + kBlock - 1) / kBlock; }

template <std::size_t Width>
void SplitBytes(ByteView values, std::span<std::byte> planes) {
  const std::size_t count = values.size() / Width;
  for (std::size_t plane = 0; plane < Width; ++plane) {
    for (std::size_t i = 0; i < count; ++i) {
      planes[plane * count + i] = values[i * Width + plane];
    }
  }
}

template <std::size_t Width>
void JoinBytes(ByteView planes, std::span<std::byte> values) {
  const std::size_t count = values.size() / Width;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t plane = 0; plane < Width; ++plane) {
      values[i * Width + plane] = planes[plane * count + i];
    }
  }
}

void Split(std::size_t width, ByteView values, std::span<std::byte> planes) {
  if (width == 4) return SplitBytes<4>(values, planes);
  if (width == 2) return SplitBytes<2>(values, planes);
  std::ranges::copy(values, planes.begin());
}

void Join(std::size_t width, ByteView planes, std::span<std::byte> values) {
  if (width == 4) return JoinBytes<4>(planes, values);
  if (width == 2) return JoinBytes<2>(planes, values);
  std::ranges::copy(planes, values.begin());
}

}  // namespace

Bytes PackedBlocks::Pack(ByteView stream, std::size_t value_width) {
  const std::uint64_t blocks = BlocksOf(stream.size());
  Bytes packed(static_cast<std::size_t>(blocks * kEndSize));
  packed.reserve(packed.size() + stream.size() + kBlock);
  Bytes planes;
  ZstdPacker packer;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    const auto at = static_cast<std::size_t>(block * kBlock);
    const ByteView part = stream.subspan(at, std::min<std::size_t>(kBlock, stream.size() - at));
    planes.resize(part.size());
    Split(value_width, part, planes);
    packer.Append(planes, packed);
    const std::uint64_t end = packed.size();
    std::memcpy(packed.data() + block * kEndSize, &end, sizeof end);
  }
  return packed;
}

Status PackedBlocks::CheckSize(std::uint64_t stream_size, std::uint64_t packed_size) {
  const std::uint64_t blocks = BlocksOf(stream_size);
  const std::uint64_t least = blocks * (kEndSize + 1);
  const std::uint64_t most = blocks * kEndSize + stream_size;
  if (packed_size >= least && packed_size <= most) return OkStatus();
  return DataLoss("an update of " + std::to_string(packed_size) + " bytes, expected " +
                  std::to_string(least) + " to " + std::to_string(most));
}

Status PackedBlocks::Load(std::uint64_t block) {
  if (block == loaded_) return OkStatus();
  loaded_ = kNone;
  const std::uint64_t index_size = BlocksOf(stream_size_) * kEndSize;
  std::uint64_t bounds[2] = {index_size, 0};
  const std::span<std::uint64_t> read = block == 0 ? std::span(bounds).last(1) : std::span(bounds);
  CONSILIUM_RETURN_IF_ERROR(
      packed_(block == 0 ? 0 : (block - 1) * kEndSize, std::as_writable_bytes(read)));
  const auto [begin, end] = bounds;
  const std::uint64_t size = std::min(kBlock, stream_size_ - block * kBlock);
  if (begin < index_size || end <= begin || end - begin > size) {
    return DataLoss("block " + std::to_string(block) + " ends where it cannot");
  }
  frame_.resize(static_cast<std::size_t>(end - begin));
  planes_.resize(static_cast<std::size_t>(size));
  block_.resize(static_cast<std::size_t>(size));
  CONSILIUM_RETURN_IF_ERROR(packed_(begin, frame_));
  CONSILIUM_RETURN_IF_ERROR(
      unpacker_.Unpack(frame_, planes_).WithContext("block " + std::to_string(block)));
  Join(value_width_, planes_, block_);
  loaded_ = block;
  return OkStatus();
}

Status PackedBlocks::Read(std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    CONSILIUM_RETURN_IF_ERROR(Load(offset / kBlock));
    const auto from = static_cast<std::size_t>(offset % kBlock);
    const std::size_t part = std::min(into.size(), block_.size() - from);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(from), part, into.begin());
    into = into.subspan(part);
    offset += part;
  }
  return OkStatus();
}

}  // namespace consilium
