/// Element types of weights files, by their names in .safetensors, and how each becomes one of ours.
///
/// Threads: pure. Source: IEEE 754 binary16; bfloat16 is the upper half of a binary32.
#pragma once

#include "common/base/bytes.h"
#include "common/federation/parameter_blob.h"

#include <span>
#include <string_view>

namespace consilium {

struct ForeignType {
  std::string_view name;  ///< as .safetensors spells it
  std::size_t size;       ///< bytes of one element in the file
  ElementType becomes;    ///< as wide or wider
  /// Fills `to` with the elements of `from`; both hold the same number of elements.
  void (*convert)(ByteView from, std::span<std::byte> to);
};

/// Null if the type is not read.
const ForeignType* FindForeignType(std::string_view name);
/// "F32, F64, ...": those that are read.
std::string KnownForeignTypes();
/// The spelling of our own types.
std::string_view SafetensorsName(ElementType type);

float HalfToFloat(std::uint16_t half);

}  // namespace consilium
