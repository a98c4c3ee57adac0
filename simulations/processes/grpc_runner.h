/// The FederatedRunner of `--transport grpc`: consilium-aggregator and one consilium-site per
/// center as processes of their own, over mutual TLS on loopback.
///
/// Everything they need is written into the run's work folder: a throw-away CA and certificates,
/// the plan, the first model, each center's images as a tensor cache. The folder is removed after a
/// run that went well and kept otherwise; logs of the processes are in it.
/// Threads: as FederatedRunner; the processes hold one of the run's compute slots together.
#pragma once

#include "simulations/methods/federated_run.h"

#include <string>

namespace consilium {

/// `program_folder` holds the two daemons. A build without gRPC gives a runner that refuses.
FederatedRunner GrpcRunner(const std::string& program_folder);

/// Errors: kInvalidArgument if this build has no daemons or `program_folder` lacks them.
Status CheckGrpcRunner(const std::string& program_folder);

}  // namespace consilium
