/// Options of a command from a configuration file: the same names, the command line wins.
#pragma once

#include "common/base/status.h"

#include <CLI/App.hpp>

#include <string>

namespace consilium {

/// Adds `--config FILE` to `command`; call ApplyConfig after parsing.
void AddConfigOption(CLI::App& command, std::string& path);

/// As the command line would. Errors: kInvalidArgument "option: what is wrong and what was expected".
Status GiveOption(CLI::App& command, const std::string& name, const std::string& value);

/// Gives each option of the file to `command` unless the command line has it.
/// Errors: kInvalidArgument "FILE:LINE: option: what is wrong and what was expected".
Status ApplyConfig(CLI::App& command, const std::string& path);

}  // namespace consilium
