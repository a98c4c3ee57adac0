/// A minimal explicit little-endian DICOM file for tests, with each field that matters settable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct DicomFile {
  std::string transfer_syntax = "1.2.840.10008.1.2.1";
  std::string photometric = "MONOCHROME2";
  std::string frames;
  std::string slope;
  std::uint16_t samples = 1;
  std::uint16_t rows = 2;
  std::uint16_t columns = 3;
  std::uint16_t allocated = 16;
  std::uint16_t stored = 12;
  std::uint16_t is_signed = 0;
  std::vector<std::uint16_t> pixels = {0, 1, 2, 100, 4094, 4095};
  bool with_pixels = true;

  std::string Bytes() const {
    std::string meta = Element(0x0002, 0x0010, "UI", transfer_syntax);
    std::string file(128, '\0');
    file += "DICM";
    file += Element(0x0002, 0x0000, "UL", Number(static_cast<std::uint32_t>(meta.size()), 4));
    file += meta;
    file += Short(0x0028, 0x0002, samples) + Element(0x0028, 0x0004, "CS", photometric);
    if (!frames.empty()) file += Element(0x0028, 0x0008, "IS", frames);
    file += Short(0x0028, 0x0010, rows) + Short(0x0028, 0x0011, columns);
    file += Short(0x0028, 0x0100, allocated) + Short(0x0028, 0x0101, stored);
    file += Short(0x0028, 0x0102, static_cast<std::uint16_t>(stored - 1));
    file += Short(0x0028, 0x0103, is_signed);
    if (!slope.empty()) file += Element(0x0028, 0x1053, "DS", slope);
    if (!with_pixels) return file;
    std::string cells;
    for (const std::uint16_t pixel : pixels) cells += Number(pixel, allocated == 8 ? 1 : 2);
    if (cells.size() % 2 == 1) cells += '\0';
    file += Number(0x7FE0, 2) + Number(0x0010, 2) + (allocated == 8 ? "OB" : "OW");
    return file + std::string(2, '\0') + Number(static_cast<std::uint32_t>(cells.size()), 4) +
           cells;
  }

 private:
  static std::string Number(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFFU);
    return text;
  }
  static std::string Element(std::uint32_t group, std::uint32_t element, std::string_view type,
                             std::string value) {
    if (value.size() % 2 == 1) value += type == "UI" ? '\0' : ' ';
    std::string text = Number(group, 2) + Number(element, 2);
    text += type;
    return text + Number(static_cast<std::uint32_t>(value.size()), 2) + value;
  }
  static std::string Short(std::uint32_t group, std::uint32_t element, std::uint16_t value) {
    return Element(group, element, "US", Number(value, 2));
  }
};

}  // namespace consilium
