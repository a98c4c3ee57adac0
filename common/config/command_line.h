/// One way to read the command line of every program, with `--config FILE.yaml` for the same options.
///
/// What stands on the command line wins over the file. Errors: kInvalidArgument, one line.
/// Threads: in main, once.
#pragma once

#include "common/base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}  // namespace CLI

namespace consilium {

/// Parses into the variables of `app` (or of the subcommand that stands first), to which it adds
/// --config. False: --help or --version was asked for and has been printed.
Result<bool> ParseCommandLine(CLI::App& app, int argc, const char* const* argv);

}  // namespace consilium
