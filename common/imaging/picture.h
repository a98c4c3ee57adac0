/// Picture files to grey images: the only folder that sees OpenCV and DCMTK.
///
/// PNG, JPEG, TIFF (8 and 16 bits, colour converted to grey) and DICOM (uncompressed, 8 to 16 bits,
/// MONOCHROME1 inverted). The kind is told from the first bytes, not from the name. Bounds   1 to
/// 32,768 pixels per side, 256 megapixels, 1 GB a file; checked before anything is allocated.
/// Errors   kInvalidArgument: what is wrong and what was expected; no file name (the caller adds
/// it). Threads  any.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <torch/types.h>

namespace consilium {

/// float32 [H, W], the stored values (MONOCHROME1 inverted so that bright means dense).
Result<torch::Tensor> DecodePicture(ByteView file);

/// The paper's pipeline: clip to the 2nd and 98th percentile of the whole image, resize to size x
/// size (a side that shrinks: mean over the area of each new pixel; a side that grows: bilinear),
/// scale the clip range to 0..1. float32 [size, size]. Percentiles by linear interpolation as
/// numpy.percentile (common/data/intensity.h). A constant image becomes all zeros.
torch::Tensor Preprocess(const torch::Tensor& picture, int size);

}  // namespace consilium
