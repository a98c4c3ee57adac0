/// A Dataset in one file: preprocessed images and labels, so that a machine without image
/// libraries, or a site process of the simulator, starts at once. Bytes:
/// docs/formats/tensor_cache.md. Errors: kInvalidArgument "FILE: ..." for foreign bytes (bounds on
/// every length). Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"

#include <string>

namespace consilium {

/// Only `indices` of the dataset. Written atomically.
Status WriteTensorCache(const std::string& path, const Dataset& dataset, const Indices& indices);
Result<Dataset> ReadTensorCache(const std::string& path);

}  // namespace consilium
