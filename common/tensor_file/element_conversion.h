/// Element types of .safetensors files and how each becomes one of ours.
///
/// Threads: pure. Source: IEEE 754 binary16; bfloat16 is the upper half of a binary32.
#pragma once

#include "common/base/bytes.h"
#include "common/federation/parameter_blob.h"

#include <span>
#include <string_view>

namespace consilium {

struct ForeignType {
  std::string_view name;  ///< as the header spells it
  std::size_t size;       ///< bytes of one element in the file
  ElementType becomes;    ///< as wide or wider
  /// Appends `from`, whole elements, to `to`.
  void (*append)(ByteView from, Bytes& to);
};

/// Null if the type is not read.
const ForeignType* FindForeignType(std::string_view name);
/// "F32, F64, ...": those that are read.
std::string KnownForeignTypes();
/// The spelling of our own types.
std::string_view SafetensorsName(ElementType type);

float HalfToFloat(std::uint16_t half);

}  // namespace consilium
