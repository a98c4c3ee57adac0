/// What trainings took: time, steps, bytes, the mean per training of each method and backbone.
/// Threads: pure.
#pragma once

#include "simulations/results/table.h"
#include "simulations/results/training_record.h"

#include <span>

namespace consilium {

/// No rows of no trainings. Megabytes are 10^6 bytes.
Table CostTable(std::span<const TrainingRecord> trainings);

}  // namespace consilium
