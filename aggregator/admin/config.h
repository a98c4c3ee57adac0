/// The command line of consilium-admin.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace consilium {

enum class AdminCommand : std::uint8_t {
  kRunsStart,
  kRunsList,
  kRunsShow,
  kRunsPause,
  kRunsResume,
  kRunsCancel,
  kSitesList,
  kSitesShow,
  kRoundsShow,
  kModelExport,
  kEventsFollow,
  kCompletion
};

struct AdminConfig {
  AdminCommand command = AdminCommand::kRunsList;
  std::string aggregator;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  bool json = false;
  std::string run_file;    ///< runs start
  std::string model_file;  ///< runs start
  std::string name;        ///< of a run, or of a site
  std::string cause;
  std::string out_file;    ///< model export
  bool only_past = false;  ///< events follow
};

/// Empty: --help or --version was asked for and has been printed.
/// Errors: kInvalidArgument, one line.
Result<std::optional<AdminConfig>> ParseAdminCommand(int argc, const char* const* argv);

}  // namespace consilium
