/// DICOM pictures through DCMTK: uncompressed, one frame, grey, 8 to 16 bits stored.
///
/// MONOCHROME1 and a negative rescale slope invert, so that bright means dense; slope and intercept
/// themselves change nothing after scaling by percentiles. Errors: kInvalidArgument. Threads: any.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <torch/types.h>

namespace consilium {

/// Whether the file has DICOM's mark after its preamble.
bool IsDicom(ByteView file);

/// float32 [Rows, Columns].
Result<torch::Tensor> DecodeDicom(ByteView file);

}  // namespace consilium
