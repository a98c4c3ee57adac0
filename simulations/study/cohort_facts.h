/// What a cohort is, for the report and for recognising it again. Threads: pure.
#pragma once

#include "common/data/dataset.h"
#include "simulations/results/table.h"

#include <string>

namespace consilium {

/// Center x images, patients and labels of each task.
Table CenterTable(const Dataset& dataset);

/// 16 hexadecimal digits over tasks, samples, labels and pixels: a check against mistakes when a
/// study is resumed, not against forgery. FNV-1a.
std::string CohortFingerprint(const Dataset& dataset);

}  // namespace consilium
