/// What a sweep will take, job by job: work is counted from the cohort's labels, speed and memory
/// are measured (simulations/benchmark).
///
/// Hours are of training and validation, as if every training ran to its last epoch; reading the
/// pictures and starting a process are not in them.
/// Units: hours of one process, MiB. Threads: pure.
#pragma once

#include "simulations/results/table.h"
#include "simulations/sweep/sweep_job.h"

#include <optional>
#include <string>
#include <vector>

namespace consilium {

struct JobEstimate {
  std::string id;
  std::size_t trainings = 0;
  double images = 0;             ///< to be trained on, over all epochs and trainings
  std::optional<double> hours;   ///< none without a calibration
  std::optional<double> memory;  ///< MiB of RAM
  double disk = 0;               ///< MiB that stay
  bool done = false;
};

struct SweepEstimate {
  std::vector<JobEstimate> jobs;
  int processes = 1;  ///< at a time, in each shard
  std::size_t shards = 1;
};

struct SweepTotals {
  std::size_t jobs_left = 0;
  std::size_t trainings = 0;
  std::optional<double> hours;    ///< of all jobs that are left, one after another
  std::optional<double> elapsed;  ///< of the longest shard with its processes
  std::optional<double> memory;   ///< of the largest job
  double disk = 0;
};
SweepTotals TotalsOf(const SweepEstimate& estimate);

std::string DrawPlan(const SweepEstimate& estimate);
/// {"jobs": [{"id", "trainings", "images", "hours", "memory_mib", "disk_mib", "done"}, ...],
/// "total": {...}}; unknown values are null.
std::string FormatPlanJson(const SweepEstimate& estimate);

}  // namespace consilium
