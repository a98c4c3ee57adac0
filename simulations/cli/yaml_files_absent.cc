#include "simulations/cli/yaml_files.h"

namespace consilium {

Result<std::vector<ConfigField>> ReadConfigFile(const std::string& path,
                                                const std::vector<std::string>&) {
  return InvalidArgument(path + ": config: this build reads no YAML, give options instead");
}

Result<RunPlan> ReadPlanFile(const std::string& path) {
  return InvalidArgument(path + ": run: this build reads no YAML, give options instead");
}

Result<std::vector<SweepField>> ReadSweepFile(const std::string& path,
                                              const std::vector<std::string>&) {
  return InvalidArgument(path + ": this build reads no YAML, and sweeps are written in it");
}

}  // namespace consilium
