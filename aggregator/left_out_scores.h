/// What a left-out site counted, as scores to show. Threads: pure.
#pragma once

#include "common/federation/run_status.h"
#include "common/metrics/task_counts.h"

#include <span>
#include <string>
#include <vector>

namespace consilium {

/// Of the tasks that it has labels of, in its order.
std::vector<TaskScore> ScoresOf(std::span<const TaskCounts> tasks);

/// "brixia loss 0.5121 of 40 images, prognosis ..."; "no labelled image" without any.
std::string ScoresText(std::span<const TaskScore> scores);

}  // namespace consilium
