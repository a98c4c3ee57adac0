/// The command line of consilium-site.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"

#include <optional>
#include <string>

namespace consilium {

struct SiteConfig {
  std::string aggregator;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string state_folder;
  std::string cohort;        ///< manifest; else tensor_cache is set
  std::string center;        ///< empty: all rows
  std::string tensor_cache;  ///< else cohort is set
  std::string device = "cpu";
  int threads = 0;  ///< 0: as many as the machine gives this process
  std::string precision = "auto";
  bool checkpoint_activations = false;
  bool cuda_graphs = false;
  std::string local_state_out;  ///< empty: none is written
  bool exit_when_finished = false;
  int max_runs = 1;  ///< to take part in at once
  bool json = false;
  Millis retry_for{600'000};
};

/// Empty: --help or --version was asked for and has been printed.
/// Errors: kInvalidArgument, one line.
Result<std::optional<SiteConfig>> ParseSiteConfig(int argc, const char* const* argv,
                                                  const std::string& version);

}  // namespace consilium
