#include "simulations/cli/sweep_jobs.h"

#include "common/nn/compute.h"
#include "simulations/cli/loco_job.h"
#include "simulations/cli/yaml_files.h"

#include <algorithm>

namespace consilium {

Result<std::vector<SweepJob>> ReadSweepJobs(const std::string& file) {
  CONSILIUM_ASSIGN_OR_RETURN(std::vector<SweepField> fields,
                             ReadSweepFile(file, SweepOptionNames()));
  AddDefaultLists(fields);
  LocoDescriber describer;
  return ExpandSweep(file, fields,
                     [&](const SettingList& settings) { return describer(settings); });
}

Result<SweepMachine> MachineOf(const std::vector<SweepJob>& jobs) {
  SweepMachine machine;
  for (const SweepJob& job : jobs) {
    CONSILIUM_ASSIGN_OR_RETURN(const LocoOptions options, LocoOptionsOf(job.settings));
    machine.threads = std::max(machine.threads, options.study.compute.threads);
    machine.gpu = machine.gpu || options.study.compute.device.is_cuda();
  }
  return machine;
}

int DefaultProcesses(const SweepMachine& machine) {
  return std::max(1, AvailableThreads() / machine.threads);
}

}  // namespace consilium
