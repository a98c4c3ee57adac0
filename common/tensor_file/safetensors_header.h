/// The JSON header of a .safetensors file, read event by event.
///
///   {"__metadata__": {"key": "text"},
///    "name": {"dtype": "F32", "shape": [2,3], "data_offsets": [0,24]}, ...}
///
/// Memory grows with the header alone; anything but the form above is refused where it stands.
/// Errors: kInvalidArgument, one line without the file's name. Threads: pure.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> offsets;  ///< two: begin and end in the data section, bytes
};

struct SafetensorsHeader {
  static constexpr std::size_t kMaxBytes = 100'000'000;
  static constexpr std::size_t kMaxDimensions = 64;

  std::vector<SafetensorsEntry> entries;  ///< in the header's order, names all different
  std::map<std::string, std::string> metadata;
};

Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json);

}  // namespace consilium
