/// .pth as torch.save wrote it before version 1.6, and still does on request: pickles of a magic
/// number, a version, the machine's sizes, the state dict and the keys of its storages; then each
/// storage: 8 bytes little-endian count of elements, the elements.
///
/// Bounds: those of pickle.h and torch_state.h; every count is held against what is left of the file.
/// Errors: kInvalidArgument "FILE: what is wrong". Threads: pure.
/// Source: PyTorch 1.13, torch/serialization.py, _legacy_save.
#pragma once

#include "common/tensor_file/safetensors.h"

namespace consilium {

Result<TensorFile> ParseTorchLegacy(ByteView file, const std::string& name_for_errors);

}  // namespace consilium
