#include "common/imaging/opencv.h"

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

#include <mutex>

namespace consilium {

void PrepareOpenCv() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(1);
  });
}

}  // namespace consilium
