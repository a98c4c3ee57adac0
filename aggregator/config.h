/// The command line of consilium-aggregator.
#pragma once

#include "common/base/result.h"
#include "common/security/certificates.h"

#include <optional>
#include <string>
#include <variant>

namespace consilium {

struct ServeConfig {
  std::string run_file;  ///< empty, like the model: operators start runs
  std::string model_file;
  std::string state_folder;
  std::string listen = "127.0.0.1:0";
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  int keep_models = 1;      ///< of each run's latest ones
  int max_active_runs = 1;  ///< at a time, of those that operators start
  std::string port_file;    ///< empty: none is written
  std::string result_file;  ///< empty: none is written
  bool exit_when_finished = false;
  bool json = false;
};

using AggregatorCommand = std::variant<ThrowAwayCaOptions, ServeConfig>;

/// Empty: --help or --version was asked for and has been printed.
/// Errors: kInvalidArgument, one line.
Result<std::optional<AggregatorCommand>> ParseAggregatorCommand(int argc, const char* const* argv);

}  // namespace consilium
