/// The front door: a file of weights in any format that is read, told apart by its first bytes and
/// not by its name.
///
///   .safetensors                                          safetensors.h
///   .pth, .pt of torch.save, a zip archive (since 1.6)    torch_zip.h
///   .pth, .pt of torch.save, pickles (before)             torch_legacy.h
///
/// Errors: kNotFound, kInvalidArgument "FILE: what is wrong, what was expected". Threads: any.
#pragma once

#include "common/tensor_file/safetensors.h"

#include <cstdint>
#include <string>

namespace consilium {

inline constexpr std::uint64_t kMaxTensorFile = std::uint64_t{8} << 30;  ///< bytes

/// The file is mapped, not copied: memory holds the tensors, the pages that are being read and at
/// most one storage beside them. It must not be cut short meanwhile.
Result<TensorFile> ReadTensorFile(const std::string& path);
Result<TensorFile> ParseTensorFile(ByteView file, const std::string& name_for_errors);

}  // namespace consilium
