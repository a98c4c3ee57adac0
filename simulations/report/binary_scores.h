/// Predictions of a task with two classes, as ROC and calibration curves need them. Nothing else is
/// kept of a file of predictions: no name of a picture reaches a report.
///
/// Errors of ParseBinaryScores: kInvalidArgument "FILE:LINE: field: what is wrong". Threads: pure.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

/// One of each per image.
struct BinaryScores {
  std::vector<double> probabilities;  ///< of the positive class
  std::vector<int> outcomes;          ///< 1: positive
};

/// Of predictions/*.csv (docs/formats/study.md), the lines of `task`. `classes`: both names, the
/// positive one last.
Result<BinaryScores> ParseBinaryScores(std::string_view csv, const std::string& path,
                                       std::string_view task,
                                       const std::vector<std::string>& classes);

}  // namespace consilium
