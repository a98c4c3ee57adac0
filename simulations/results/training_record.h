/// trainings/ID.json: what a training leaves behind beside its rows: where its predictions lie, its
/// learning curve, what it took (docs/formats/study.md). Times are here and nowhere else in a study.
/// Threads: pure.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace consilium {

/// After step (epoch or round) 1, 2, ...; empty where there was nothing to measure.
using LearningCurve = std::vector<std::optional<double>>;

struct TrainingRecord {
  std::string protocol = "loco";
  std::string method;
  std::optional<std::string> site;  ///< as in Row
  std::string backbone;
  std::uint64_t seed = 0;
  /// Left-out center and name of the file in predictions/, without ".csv".
  std::vector<std::pair<std::string, std::string>> predictions;
  LearningCurve validation_loss;
  /// Mean cosine between the updates of the backbone that two sites sent in a round.
  LearningCurve update_cosine;
  std::optional<double> seconds;  ///< of training; waiting for other trainings is left out
  /// Models fetched and updates sent, as encoded; empty where nothing travels, or nobody counts.
  std::optional<std::uint64_t> bytes_to_sites, bytes_from_sites;
};

std::string FormatTrainingRecord(const TrainingRecord& record);

/// A name of a file of predictions is one without '/', that does not begin with '.'.
/// Errors: kInvalidArgument "FILE: what is wrong".
Result<TrainingRecord> ParseTrainingRecord(std::string_view json,
                                           const std::string& name_for_errors);

}  // namespace consilium
