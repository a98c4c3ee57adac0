/// The Admin service of proto/consilium/v1 over a RunAdmin: operators' certificates alone.
/// Threads: handlers run in gRPC's.
#pragma once

#include "aggregator/runs/run_admin.h"

#include <functional>
#include <memory>
#include <string>

namespace grpc {
class Service;
}  // namespace grpc

namespace consilium {

/// `admin` must outlive the service. `on_fault`: told of faults that are ours; may be empty.
std::unique_ptr<grpc::Service> MakeAdminService(
    RunAdmin& admin, std::function<void(const std::string& line)> on_fault);

}  // namespace consilium
