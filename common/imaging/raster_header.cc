#include "common/imaging/raster.h"

#include <algorithm>
#include <array>
#include <string>

namespace consilium {
namespace {

constexpr std::int64_t kMaxSide = 32'768;
constexpr std::int64_t kMaxPixels = 256'000'000;

/// Unsigned integers of either byte order at any place; 0 beyond the end.
class FileBytes {
 public:
  explicit FileBytes(ByteView file, bool little = false) : file_(file), little_(little) {}
  std::uint32_t Get(std::size_t at, std::size_t count) const {
    if (at > file_.size() || count > file_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = little_ ? at + count - 1 - i : at + i;
      value = (value << 8U) | std::to_integer<std::uint32_t>(file_[place]);
    }
    return value;
  }
  std::size_t size() const { return file_.size(); }

 private:
  ByteView file_;
  bool little_;
};

bool StartsWith(ByteView file, std::string_view magic) { return AsText(file).starts_with(magic); }

std::array<std::uint32_t, 256> MakeCrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    }
    table[i] = value;
  }
  return table;
}

std::uint32_t Crc32(ByteView bytes) {
  static const std::array<std::uint32_t, 256> table = MakeCrcTable();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte byte : bytes) {
    crc = table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU] ^ (crc >> 8U);
  }
  return ~crc;
}

/// Walks all chunks: libpng would print its own message about a broken one.
Result<PictureSize> ReadPng(ByteView file) {
  const FileBytes bytes(file);
  constexpr std::uint32_t kEnd = 0x49454E44;  // IEND
  std::size_t at = 8;
  while (true) {
    const std::size_t length = bytes.Get(at, 4);
    if (at + 12 > file.size() || length > file.size() - at - 12) {
      return InvalidArgument("PNG is cut off, expected the whole file");
    }
    if (Crc32(file.subspan(at + 4, length + 4)) != bytes.Get(at + 8 + length, 4)) {
      return InvalidArgument("PNG is damaged: a checksum is wrong, expected the file as written");
    }
    if (bytes.Get(at + 4, 4) == kEnd) break;
    at += length + 12;
  }
  return PictureSize{bytes.Get(16, 4), bytes.Get(20, 4)};
}

Result<PictureSize> ReadJpeg(ByteView file) {
  const FileBytes bytes(file);
  std::optional<PictureSize> size;
  for (std::size_t at = 2; at + 4 <= file.size();) {
    const std::uint32_t marker = bytes.Get(at, 2);
    const std::size_t length = bytes.Get(at + 2, 2);
    if (marker < 0xFF01 || length < 2) break;
    const bool frame = marker >= 0xFFC0 && marker <= 0xFFCF && marker != 0xFFC4 &&
                       marker != 0xFFC8 && marker != 0xFFCC;
    if (frame) size = PictureSize{bytes.Get(at + 7, 2), bytes.Get(at + 5, 2)};
    if (marker == 0xFFDA) {
      // Coded data holds no end mark of its own.
      if (AsText(file).find("\xFF\xD9", at) == std::string_view::npos) {
        return InvalidArgument("JPEG is cut off, expected the whole file");
      }
      if (size) return *size;
      break;
    }
    at += 2 + length;
  }
  return InvalidArgument("JPEG is damaged: no picture follows its header");
}

Result<PictureSize> ReadTiff(ByteView file) {
  const FileBytes bytes(file, StartsWith(file, "II"));
  const std::size_t directory = bytes.Get(4, 4);
  const std::size_t entries = bytes.Get(directory, 2);
  PictureSize size;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + 12 * i;
    const std::uint32_t tag = bytes.Get(at, 2);
    const std::uint32_t value = bytes.Get(at + 8, bytes.Get(at + 2, 2) == 3 ? 2 : 4);
    if (tag == 256) size.width = value;
    if (tag == 257) size.height = value;
  }
  return size;
}

}  // namespace

Status CheckPictureSize(const PictureSize& size) {
  if (size.width >= 1 && size.height >= 1 && size.width <= kMaxSide && size.height <= kMaxSide &&
      size.width * size.height <= kMaxPixels) {
    return OkStatus();
  }
  return InvalidArgument("picture of " + std::to_string(size.width) + " x " +
                         std::to_string(size.height) +
                         " pixels, expected 1 to 32768 per side and at most 256 megapixels");
}

std::optional<RasterKind> RasterKindOf(ByteView file) {
  if (StartsWith(file, "\x89PNG\r\n\x1A\n")) return RasterKind::kPng;
  if (StartsWith(file, "\xFF\xD8\xFF")) return RasterKind::kJpeg;
  if (StartsWith(file, std::string_view("II*\0", 4)) ||
      StartsWith(file, std::string_view("MM\0*", 4))) {
    return RasterKind::kTiff;
  }
  return std::nullopt;
}

Result<PictureSize> ReadRasterSize(RasterKind kind, ByteView file) {
  Result<PictureSize> size = kind == RasterKind::kPng    ? ReadPng(file)
                             : kind == RasterKind::kJpeg ? ReadJpeg(file)
                                                         : ReadTiff(file);
  if (size.ok()) CONSILIUM_RETURN_IF_ERROR(CheckPictureSize(*size));
  return size;
}

}  // namespace consilium
