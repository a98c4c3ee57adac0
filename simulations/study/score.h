/// Predictions on a left-out center, as rows and as a CSV file. Threads: pure.
#pragma once

#include "common/training/evaluate.h"
#include "simulations/study/run_job.h"

namespace consilium {

/// `row` carries everything but task, n_test and metrics; `dataset` has the tasks predicted.
ScoredModel Score(Row row, std::string name, const Dataset& dataset, const Indices& test,
                  const Predictions& predictions);

}  // namespace consilium
