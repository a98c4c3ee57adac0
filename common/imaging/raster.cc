#include "common/imaging/raster.h"

#include "common/imaging/opencv.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <torch/types.h>

#include <exception>
#include <limits>

namespace consilium {
namespace {

Result<cv::Mat> DecodeGrey(ByteView file) {
  try {
    const cv::Mat encoded(1, static_cast<int>(file.size()), CV_8U,
                          const_cast<std::byte*>(file.data()));
    return cv::imdecode(encoded, cv::IMREAD_GRAYSCALE | cv::IMREAD_ANYDEPTH);
  } catch (const std::exception&) {
    // OpenCV's own text names its sources, not the picture's fault.
    return cv::Mat();
  }
}

}  // namespace

Result<torch::Tensor> DecodeRaster(RasterKind kind, ByteView file) {
  PrepareOpenCv();
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return InvalidArgument("picture file is over 1 GB, expected at most that");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const PictureSize size, ReadRasterSize(kind, file));
  CONSILIUM_ASSIGN_OR_RETURN(const cv::Mat picture, DecodeGrey(file));
  if (picture.empty()) {
    return InvalidArgument("picture of " + std::to_string(size.width) + " x " +
                           std::to_string(size.height) +
                           " pixels cannot be decoded, expected a whole PNG, JPEG or TIFF");
  }
  if (picture.depth() != CV_8U && picture.depth() != CV_16U) {
    return InvalidArgument("picture has neither 8 nor 16 bits a pixel, expected one of these");
  }
  torch::Tensor grey = torch::empty({picture.rows, picture.cols}, torch::kFloat32);
  cv::Mat view(picture.rows, picture.cols, CV_32F, grey.data_ptr<float>());
  picture.convertTo(view, CV_32F);
  return grey;
}

}  // namespace consilium
