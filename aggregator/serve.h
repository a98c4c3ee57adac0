/// One run, served until it is finished; or the runs that operators start, until the process is
/// asked to end.
#pragma once

#include "aggregator/config.h"
#include "common/base/interrupt.h"
#include "common/logging/daemon_log.h"

namespace consilium {

/// Errors: kInvalidArgument for wrong input; kFailedPrecondition if the state folder belongs to
/// another run; kCancelled if interrupted before the end. Threads: the caller's, beside gRPC's.
Status Serve(const ServeConfig& config, const Interrupt& interrupt, DaemonLog& log);
/// For a config without run. Errors: kInvalidArgument; kCancelled once interrupted.
Status ServeRuns(const ServeConfig& config, const Interrupt& interrupt, DaemonLog& log);

}  // namespace consilium
