#include "simulations/cli/yaml_files.h"

#include "common/config/list_file.h"
#include "common/config/option_file.h"
#include "common/config/run_config.h"

namespace consilium {

Result<std::vector<ConfigField>> ReadConfigFile(const std::string& path,
                                                const std::vector<std::string>& known) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<FileOption> options, ReadOptionFile(path, known));
  std::vector<ConfigField> fields;
  fields.reserve(options.size());
  for (const FileOption& option : options) {
    fields.push_back({option.name, option.value, option.line});
  }
  return fields;
}

Result<RunPlan> ReadPlanFile(const std::string& path) { return ReadRunPlan(path); }

Result<std::vector<SweepField>> ReadSweepFile(const std::string& path,
                                              const std::vector<std::string>& known) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<ListedOption> options, ReadListFile(path, known));
  std::vector<SweepField> fields;
  fields.reserve(options.size());
  for (const ListedOption& option : options) {
    SweepField& field = fields.emplace_back(SweepField{option.name, option.line, {}});
    field.values.reserve(option.values.size());
    for (const ListedValue& value : option.values) field.values.push_back({value.text, value.line});
  }
  return fields;
}

}  // namespace consilium
