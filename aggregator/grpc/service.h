/// The Federation service of proto/consilium/v1 over the runs of a RunDirectory.
///
/// Each handler is a few lines: who calls (the certificate's common name; an operator's is refused),
/// which run the caller is in, the coordinator's call, its status. Whatever is thrown ends in one place as INTERNAL. Threads: handlers run in gRPC's.
#pragma once

#include "aggregator/runs/run_directory.h"

#include <functional>
#include <memory>
#include <string>

namespace grpc {
class Service;
}  // namespace grpc

namespace consilium {

struct ServiceOptions {
  Millis longest_poll{30'000};  ///< bound on the patience that a site may ask for
  /// Told of faults that are ours and not the caller's; from any thread. May be empty.
  std::function<void(const std::string& line)> on_fault;
  /// Told whenever a site is handed kFinish; from any thread. May be empty.
  std::function<void(const SiteId& site)> on_finish_told;
};

std::unique_ptr<grpc::Service> MakeFederationService(std::shared_ptr<RunDirectory> runs,
                                                     ServiceOptions options);

}  // namespace consilium
