/// The name of an update codec, as plans, updates and reports spell it: VALUES[+difference][+zstd].
///
///   VALUES        fp32, bf16, int8, or top-P%: the P percent of values that change most,
///                 0.01 to 100 in steps of 0.01
///   +difference   values travel as differences to the model that the round started from
///   +zstd         the result is compressed
/// One codec has one name. What the bytes are: docs/formats/update.md. Threads: pure.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace consilium {

enum class UpdateValues : std::uint8_t { kFloat32, kBFloat16, kInt8, kTopShare };

struct CodecName {
  UpdateValues values = UpdateValues::kFloat32;
  int kept = 0;  ///< of 10,000 values, under kTopShare
  bool difference = false;
  bool zstd = false;
  friend bool operator==(const CodecName&, const CodecName&) = default;
};

/// Errors: kInvalidArgument with what is allowed.
Result<CodecName> ParseCodecName(std::string_view text);
std::string ToString(const CodecName& name);

}  // namespace consilium
