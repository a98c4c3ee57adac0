#include "common/imaging/picture.h"

#include "common/data/intensity.h"
#include "common/imaging/dicom.h"
#include "common/imaging/opencv.h"
#include "common/imaging/raster.h"

#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <algorithm>

namespace consilium {
namespace {

constexpr std::size_t kMaxFileBytes = 1'000'000'000;

void Resize(cv::Mat& picture, cv::Size to, int method) {
  if (picture.size() == to) return;
  cv::Mat resized;
  cv::resize(picture, resized, to, 0, 0, method);
  picture = resized;
}

}  // namespace

Result<torch::Tensor> DecodePicture(ByteView file) {
  if (file.empty()) return InvalidArgument("file is empty, expected PNG, JPEG, TIFF or DICOM");
  if (file.size() > kMaxFileBytes) {
    return InvalidArgument("file is over 1 GB, expected at most that");
  }
  if (IsDicom(file)) return DecodeDicom(file);
  if (const auto kind = RasterKindOf(file)) return DecodeRaster(*kind, file);
  return InvalidArgument("file is no picture that can be read, expected PNG, JPEG, TIFF or DICOM");
}

torch::Tensor Preprocess(const torch::Tensor& picture, int size) {
  PrepareOpenCv();
  const torch::Tensor source = picture.contiguous();
  const std::span<const float> values(source.data_ptr<float>(),
                                      static_cast<std::size_t>(source.numel()));
  const IntensityRange range = DisplayRange(values);
  torch::Tensor clipped = source.clamp(range.low, range.high);
  cv::Mat image(static_cast<int>(clipped.size(0)), static_cast<int>(clipped.size(1)), CV_32F,
                clipped.data_ptr<float>());
  Resize(image, cv::Size(std::min(image.cols, size), std::min(image.rows, size)), cv::INTER_AREA);
  Resize(image, cv::Size(size, size), cv::INTER_LINEAR);
  torch::Tensor scaled = torch::empty({size, size}, torch::kFloat32);
  image.copyTo(cv::Mat(size, size, CV_32F, scaled.data_ptr<float>()));
  ScaleToUnit({scaled.data_ptr<float>(), static_cast<std::size_t>(scaled.numel())}, range);
  return scaled;
}

}  // namespace consilium
