#include "simulations/cli/config_options.h"

#include "simulations/cli/yaml_files.h"

#include <CLI/Error.hpp>

namespace consilium {
namespace {

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (name != "help" && name != "config") names.push_back(name);
  }
  return names;
}

}  // namespace

Status GiveOption(CLI::App& command, const std::string& name, const std::string& value) {
  CLI::Option* const option = command.get_option_no_throw(std::string("--").append(name));
  if (option == nullptr) return InvalidArgument(name + ": no such option");
  try {
    option->add_result(value);
    option->run_callback();
  } catch (const CLI::Error&) {
    std::string fault = name;
    fault.append(": '").append(value).append("' is not valid, expected ");
    fault.append(option->get_type_name().empty() ? "true or false" : option->get_type_name());
    return InvalidArgument(fault.append(": ").append(option->get_description()));
  }
  return OkStatus();
}

void AddConfigOption(CLI::App& command, std::string& path) {
  command
      .add_option("--config", path,
                  "YAML file with any of these options by name; the command line wins")
      ->type_name("FILE");
}

Status ApplyConfig(CLI::App& command, const std::string& path) {
  if (path.empty()) return OkStatus();
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<ConfigField> fields,
                             ReadConfigFile(path, OptionNames(command)));
  for (const ConfigField& field : fields) {
    if (command.get_option(std::string("--").append(field.name))->count() > 0) continue;
    CONSILIUM_RETURN_IF_ERROR(GiveOption(command, field.name, field.value)
                                  .WithContext(path + ":" + std::to_string(field.line)));
  }
  return OkStatus();
}

}  // namespace consilium
