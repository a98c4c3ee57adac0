#include "common/imaging/picture_writer.h"

#include "common/base/check.h"
#include "common/imaging/opencv.h"
#include "common/storage/file_io.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <exception>
#include <vector>

namespace consilium {

Status WritePng(const std::string& path, std::span<const std::uint16_t> pixels, int width,
                int height) {
  CONSILIUM_CHECK(width > 0 && height > 0 &&
                  pixels.size() == static_cast<std::size_t>(width) * height);
  PrepareOpenCv();
  std::vector<unsigned char> encoded;
  try {
    const cv::Mat picture(height, width, CV_16U, const_cast<std::uint16_t*>(pixels.data()));
    cv::imencode(".png", picture, encoded);
  } catch (const std::exception& fault) {
    return Internal(path + ": cannot be encoded as PNG: " + fault.what());
  }
  return WriteFileAtomically(path, std::as_bytes(std::span(encoded)));
}

}  // namespace consilium
