/// A TIFF of 64 x 64 grey pixels, the simplest of the readable kinds to write by hand.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace consilium {

/// `variant` changes the pixels.
inline void WriteTiff(const std::string& path, int variant) {
  constexpr std::uint32_t kSide = 64;
  constexpr std::uint32_t kEntries = 8;
  constexpr std::uint32_t kPixelsAt = 8 + 2 + kEntries * 12 + 4;
  std::string file("II*\0\x08\0\0\0\x08\0", 10);
  const auto entry = [&file](int tag, char type, std::uint32_t value) {
    const std::uint32_t count = 1;
    file.push_back(static_cast<char>(tag & 0xFF));
    file.push_back(static_cast<char>(tag >> 8));
    file.push_back(type);
    file.push_back(0);
    file.append(reinterpret_cast<const char*>(&count), 4);
    file.append(reinterpret_cast<const char*>(&value), 4);
  };
  entry(256, 4, kSide);  // width
  entry(257, 4, kSide);  // height
  entry(258, 3, 8);      // bits
  entry(259, 3, 1);      // uncompressed
  entry(262, 3, 1);      // black is zero
  entry(273, 4, kPixelsAt);
  entry(278, 4, kSide);          // rows per strip
  entry(279, 4, kSide * kSide);  // bytes
  file += std::string(4, '\0');
  for (std::uint32_t i = 0; i < kSide * kSide; ++i) {
    file.push_back(static_cast<char>((i * (31 + variant % 17) + i / kSide * 11) % 251));
  }
  std::ofstream(path, std::ios::binary) << file;
}

}  // namespace consilium
