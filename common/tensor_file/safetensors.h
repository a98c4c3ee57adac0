/// .safetensors: 8 bytes little-endian header length, JSON header, tensor data.
///
/// Used for model files (consilium-sim init), initial weights and local heads. Entries keep the
/// order of the data section, which for files written here is the layout's order.
/// Bounds: header at most 100 MB, entry count and sizes as Layout; offsets must tile the data
/// exactly; no name twice.
/// Errors: kInvalidArgument "FILE: what is wrong" for foreign bytes. Threads: pure.
/// Source: https://github.com/huggingface/safetensors (format description).
#pragma once

#include "common/base/result.h"
#include "common/federation/parameter_blob.h"

#include <map>
#include <string>

namespace consilium {

struct TensorFile {
  ParameterBlob blob;
  std::map<std::string, std::string> metadata;
};

/// Element types F32, F64, I64; F16 and BF16 are widened to F32, I32 to I64. Others are refused by
/// name.
Result<TensorFile> ParseSafetensors(ByteView file, const std::string& name_for_errors);
Bytes SerializeSafetensors(const TensorFile& file);

}  // namespace consilium
