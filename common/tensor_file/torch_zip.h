/// .pth as torch.save writes it since version 1.6: a zip archive of one folder with data.pkl, the
/// pickle of the state dict, and data/KEY for each storage.
///
/// Bounds: those of zip_archive.h, pickle.h and torch_state.h.
/// Errors: kInvalidArgument "FILE: what is wrong"; every file in a build without libzip. Threads:
/// pure. Source: PyTorch 1.13, torch/serialization.py, _save; byteorder since 2.1.
#pragma once

#include "common/tensor_file/safetensors.h"

namespace consilium {

Result<TensorFile> ParseTorchZip(ByteView file, const std::string& name_for_errors);

}  // namespace consilium
