/// Runs the jobs of a sweep that are not finished, each in a process of its own.
///
/// A job that fails, or crashes, is named and the others go on; the next run tries it again. A job
/// that another process has is waited for. Interrupted, it asks the running jobs to stop and waits.
/// Killed, its jobs die with it, and the next run goes on from what their studies have recorded.
/// Threads: one caller, which waits.
#pragma once

#include "common/base/clock.h"
#include "common/base/interrupt.h"
#include "simulations/sweep/sweep_folder.h"

#include <ostream>
#include <string>
#include <vector>

namespace consilium {

struct SweepRun {
  std::vector<SweepJob> jobs;
  std::string program;  ///< consilium-sim; a job is its `loco` with the job's settings
  int processes = 1;    ///< at a time
  const Interrupt* interrupt = nullptr;
  std::ostream* out = nullptr;  ///< progress: a line for each job
};

struct SweepOutcome {
  std::size_t done_before = 0;
  std::size_t done_now = 0;
  std::vector<std::string> failures;  ///< "ID: what it said last"
};

/// Errors: kCancelled if interrupted; the folder's own. A failed job is no error.
Result<SweepOutcome> RunSweep(const SweepFolder& folder, const SweepRun& run);

/// What starts a job.
std::vector<std::string> JobCommand(const std::string& program, const SweepJob& job,
                                    const std::string& study, bool resume);

}  // namespace consilium
