/// What each command of consilium-admin does: asks the aggregator, prints the answer.
#pragma once

#include "aggregator/admin/config.h"

#include <ostream>

namespace consilium {

/// Errors: kInvalidArgument for files; otherwise what the aggregator says. Threads: one.
Status RunAdminCommand(const AdminConfig& config, std::ostream& out);

}  // namespace consilium
