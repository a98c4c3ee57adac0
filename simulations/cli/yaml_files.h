/// What consilium-sim reads from YAML. A build without YAML refuses all.
/// Errors: kNotFound; kInvalidArgument "FILE:LINE: what is wrong and what was expected".
#pragma once

#include "common/base/result.h"
#include "common/federation/run_plan.h"
#include "simulations/sweep/sweep_job.h"

#include <string>
#include <vector>

namespace consilium {

/// One option of a command in a file; a list's items with commas between.
struct ConfigField {
  std::string name;  ///< without dashes
  std::string value;
  int line = 0;
};

/// In the file's order (common/config/option_file.h).
Result<std::vector<ConfigField>> ReadConfigFile(const std::string& path,
                                                const std::vector<std::string>& known);

/// common/config/run_config.h.
Result<RunPlan> ReadPlanFile(const std::string& path);

/// A sweep: options of a command, each with one value or several (common/config/list_file.h).
Result<std::vector<SweepField>> ReadSweepFile(const std::string& path,
                                              const std::vector<std::string>& known);

}  // namespace consilium
