/// PNG, JPEG and TIFF: their size from the header, and their pixels through OpenCV.
///
/// Nothing is decoded before the size is known and within bounds, and before the file is seen to be
/// whole (PNG by its checksums, JPEG by its end mark). Errors: kInvalidArgument. Threads: any.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace consilium {

struct PictureSize {
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// Errors: the size is outside 1 to 32,768 pixels per side or 256 megapixels.
Status CheckPictureSize(const PictureSize& size);

enum class RasterKind : std::uint8_t { kPng, kJpeg, kTiff };

/// From the first bytes; nothing if it is none of them.
std::optional<RasterKind> RasterKindOf(ByteView file);

/// The size that the header states, within bounds.
Result<PictureSize> ReadRasterSize(RasterKind kind, ByteView file);

/// float32 [H, W] grey, stored values of 8 or 16 bits.
Result<torch::Tensor> DecodeRaster(RasterKind kind, ByteView file);

}  // namespace consilium
