/// A sweep's file as checked jobs. Errors of both: kInvalidArgument, a line for each fault.
#pragma once

#include "simulations/sweep/sweep_job.h"

#include <string>
#include <vector>

namespace consilium {

Result<std::vector<SweepJob>> ReadSweepJobs(const std::string& file);

/// What the jobs ask of the machine.
struct SweepMachine {
  int threads = 1;  ///< of the job that has most
  bool gpu = false;
};
Result<SweepMachine> MachineOf(const std::vector<SweepJob>& jobs);

/// As many processes as the cores allow.
int DefaultProcesses(const SweepMachine& machine);

}  // namespace consilium
