#include "common/config/command_line.h"

#include "common/config/option_file.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace consilium {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::string_view kConfig = "--config";

bool Gives(const std::string& argument, std::string_view option) {
  return argument == option || argument.starts_with(std::string(option) + "=");
}

/// The value of --config, or "".
std::string ConfigFile(const Arguments& arguments) {
  for (auto it = arguments.begin(); it != arguments.end(); ++it) {
    if (it->starts_with("--config=")) return it->substr(kConfig.size() + 1);
    if (*it == kConfig && it + 1 != arguments.end()) return *(it + 1);
  }
  return "";
}

Arguments KnownOptions(const CLI::App& app) {
  Arguments known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (name != "help" && name != "version" && name != "config") known.push_back(name);
    }
  }
  return known;
}

/// Tries one option of the file by itself: in the parse of all, a fault has lost its line.
Status TryOption(CLI::App& app, const FileOption& given, const std::string& file) {
  CLI::Option* const option = app.get_option_no_throw(std::string("--").append(given.name));
  if (option == nullptr) return OkStatus();
  try {
    option->add_result(given.value);
    option->run_callback();
    option->clear();
    return OkStatus();
  } catch (const CLI::Error&) {
    std::string fault = file;
    fault.append(":").append(std::to_string(given.line)).append(": ").append(given.name);
    fault.append(": '").append(given.value).append("' is not allowed, expected ");
    const std::string type = option->get_type_name();
    fault.append(type.empty() ? "true or false" : type);
    return InvalidArgument(fault.append(" (").append(option->get_description()).append(")"));
  }
}

}  // namespace

Result<bool> ParseCommandLine(CLI::App& app, int argc, const char* const* argv) {
  Arguments arguments(argv + 1, argv + argc);
  CLI::App* chosen = &app;
  std::size_t first = 0;
  for (CLI::App* sub : app.get_subcommands({})) {
    if (!arguments.empty() && arguments[0] == sub->get_name()) {
      chosen = sub;
      first = 1;
    }
  }
  std::string unused;
  chosen->add_option(std::string(kConfig), unused, "The same options as YAML: FILE.yaml");
  if (const std::string file = ConfigFile(arguments); !file.empty()) {
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<FileOption> options,
                               ReadOptionFile(file, KnownOptions(*chosen)));
    Arguments from_file;
    from_file.reserve(options.size());
    for (const FileOption& option : options) {
      const std::string name = std::string("--").append(option.name);
      if (std::any_of(arguments.begin(), arguments.end(),
                      [&](const std::string& given) { return Gives(given, name); })) {
        continue;
      }
      CONSILIUM_RETURN_IF_ERROR(TryOption(*chosen, option, file));
      from_file.push_back(ArgumentOf(option));
    }
    arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(first), from_file.begin(),
                     from_file.end());
  }
  try {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return true;
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return false;
  } catch (const CLI::ParseError& fault) {
    return InvalidArgument(std::string(fault.what()) + "; see --help");
  }
}

}  // namespace consilium
