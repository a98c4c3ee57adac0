/// What a model file says of itself: the metadata of every model that is written here, so that it
/// can be used without the program and settings that made it.
///
///   backbone        name of the table (`consilium-sim backbones`)
///   tasks           JSON list of the tasks in the order of the heads: id, kind, classes, zones, ...
///   heads           "local" or "shared": whether a site's heads are missing from the file
///   preprocessing   JSON: image_size, clip_percentiles, mean, standard_deviation
///   run, round      which training made it; a first model has no round
///   metrics         JSON object of numbers, such as validation_loss
///   model_sha256    of the canonical state in the file, parent_sha256 of the state that it was
///                   trained from; both absent in a build without SHA-256
///
/// Errors: kInvalidArgument naming the key. Threads: pure. Format: docs/formats/model.md.
#pragma once

#include "common/base/input_statistics.h"
#include "common/base/result.h"
#include "common/base/task_spec.h"
#include "common/federation/run_plan.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

struct ModelMetadata {
  std::string backbone;
  std::vector<TaskSpec> tasks;
  HeadsMode heads = HeadsMode::kLocal;
  int image_size = 224;  ///< pixels, square
  /// Unknown where the first model did not say it.
  std::optional<InputStatistics> input;
  std::string run;
  std::optional<RoundNumber> round;
  std::map<std::string, double> metrics;
  std::string model_sha256;
  std::string parent_sha256;
  friend bool operator==(const ModelMetadata&, const ModelMetadata&) = default;
};

/// What the plan of a run decides, and the input statistics of the model that it begins with, whose
/// metadata is `first`.
ModelMetadata MetadataOf(const RunPlan& plan, const std::map<std::string, std::string>& first = {});

std::map<std::string, std::string> FormatModelMetadata(const ModelMetadata& metadata);
Result<ModelMetadata> ParseModelMetadata(const std::map<std::string, std::string>& metadata);

}  // namespace consilium
