#include "simulations/processes/grpc_runner.h"

namespace consilium {

Status CheckGrpcRunner(const std::string&) {
  return InvalidArgument("transport: this build has no gRPC, expected in-process");
}

FederatedRunner GrpcRunner(const std::string& program_folder) {
  return [status = CheckGrpcRunner(program_folder)](const FederatedRun&) {
    return Result<FederatedModel>(status);
  };
}

}  // namespace consilium
