// Writes the corpus of picture_fuzz into a folder: a drawn gradient of 6 x 5 pixels in every kind of
// file that is read. No picture of a patient is among them.
//
//   picture_seeds tests/fuzz/corpus/picture

#include "common/storage/file_io.h"
#include "tests/common/imaging/dicom_file.h"

#include <opencv2/imgcodecs.hpp>

#include <filesystem>
#include <iostream>

namespace consilium {
namespace {

constexpr int kRows = 5;
constexpr int kColumns = 6;

Status Write(const std::filesystem::path& folder, const std::string& name, ByteView bytes) {
  return WriteFileAtomically((folder / name).string(), bytes);
}

Status WriteRasters(const std::filesystem::path& folder) {
  cv::Mat grey8(kRows, kColumns, CV_8U);
  cv::Mat grey16(kRows, kColumns, CV_16U);
  cv::Mat colour(kRows, kColumns, CV_8UC3);
  for (int y = 0; y < kRows; ++y) {
    for (int x = 0; x < kColumns; ++x) {
      const int value = 8 * (y * kColumns + x);
      grey8.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(value);
      grey16.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(257 * value);
      colour.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(value), 30, 200};
    }
  }
  const std::vector<std::pair<std::string, cv::Mat>> pictures = {
      {"grey8.png", grey8},    {"grey16.png", grey16},  {"colour.png", colour},
      {"grey8.jpg", grey8},    {"colour.jpg", colour},  {"grey8.tiff", grey8},
      {"grey16.tiff", grey16}, {"colour.tiff", colour},
  };
  for (const auto& [name, picture] : pictures) {
    std::vector<unsigned char> bytes;
    if (!cv::imencode(std::filesystem::path(name).extension().string(), picture, bytes)) {
      return Internal("OpenCV does not write " + name);
    }
    CONSILIUM_RETURN_IF_ERROR(Write(folder, name, std::as_bytes(std::span(bytes))));
  }
  return OkStatus();
}

Status WriteSeeds(const std::filesystem::path& folder) {
  CONSILIUM_RETURN_IF_ERROR(WriteRasters(folder));
  const DicomFile eight{
      .rows = 1, .columns = 3, .allocated = 8, .stored = 8, .pixels = {0, 200, 255}};
  CONSILIUM_RETURN_IF_ERROR(Write(folder, "grey8.dcm", AsBytes(eight.Bytes())));
  const DicomFile inverted{.photometric = "MONOCHROME1", .slope = "-2"};
  return Write(folder, "inverted12.dcm", AsBytes(inverted.Bytes()));
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  const consilium::Status status =
      argc == 2 ? consilium::WriteSeeds(argv[1]) : consilium::InvalidArgument("expected a folder");
  if (!status.ok()) std::cerr << status << '\n';
  return consilium::ExitCode(status);
}
