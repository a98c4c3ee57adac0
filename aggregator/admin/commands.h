/// What each command of consilium-admin does: asks the aggregator, prints the answer.
#pragma once

#include "aggregator/admin/config.h"

#include <ostream>

namespace consilium {

/// Where a long transfer says how far it is.
struct ProgressOutput {
  std::ostream& out;
  bool on_terminal = false;
};

/// Errors: kInvalidArgument for files; kCancelled: a backup or its restoring was interrupted, and
/// nothing of it stays; otherwise what the aggregator says. Threads: one.
Status RunAdminCommand(const AdminConfig& config, std::ostream& out,
                       const ProgressOutput& progress);

}  // namespace consilium
