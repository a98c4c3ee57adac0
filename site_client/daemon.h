/// A site's daemon: one session per run, run after run.
#pragma once

#include "common/base/interrupt.h"
#include "common/logging/daemon_log.h"
#include "site_client/config.h"

namespace consilium {

/// Ends after the first run if config.exit_when_finished, else only by `interrupt` (kCancelled) or
/// an error that trying again does not mend. Threads: the caller's, beside gRPC's and the
/// heartbeat's.
Status RunDaemon(const SiteConfig& config, const Interrupt& interrupt, DaemonLog& log);

}  // namespace consilium
