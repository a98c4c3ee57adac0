/// TaskCounts as JSON, for the event log. Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/metrics/task_counts.h"

#include <nlohmann/json.hpp>

namespace consilium {

nlohmann::json CountsToJson(const TaskCounts& counts);
/// Errors: kDataLoss naming the field.
Result<TaskCounts> CountsFromJson(const nlohmann::json& json);

}  // namespace consilium
