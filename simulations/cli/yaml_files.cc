#include "simulations/cli/yaml_files.h"

#include "common/config/option_file.h"
#include "common/config/run_config.h"

namespace consilium {

Result<std::vector<std::string>> ReadConfigFile(const std::string& path,
                                                const std::vector<std::string>& known) {
  return ReadOptionFile(path, known);
}

Result<RunPlan> ReadPlanFile(const std::string& path) { return ReadRunPlan(path); }

}  // namespace consilium
