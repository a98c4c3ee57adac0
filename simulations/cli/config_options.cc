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

Status Give(CLI::Option& option, const std::string& value) {
  try {
    option.add_result(value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    return InvalidArgument(option.get_single_name() + ": '" + value + "': " + error.what());
  }
  return OkStatus();
}

}  // namespace

void AddConfigOption(CLI::App& command, std::string& path) {
  command
      .add_option("--config", path,
                  "YAML file with any of these options by name; the command line wins")
      ->type_name("FILE");
}

Status ApplyConfig(CLI::App& command, const std::string& path) {
  if (path.empty()) return OkStatus();
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> arguments,
                             ReadConfigFile(path, OptionNames(command)));
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    CLI::Option& option = *command.get_option(argument.substr(0, equals));
    if (option.count() > 0) continue;
    CONSILIUM_RETURN_IF_ERROR(Give(option, argument.substr(equals + 1)).WithContext(path));
  }
  return OkStatus();
}

}  // namespace consilium
