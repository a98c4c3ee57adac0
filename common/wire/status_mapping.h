/// Status <-> grpc::Status. Each of our codes has a gRPC code of its own, so a code survives the
/// way there and back; messages are cut to what fits beside other metadata.
///
/// Codes that only gRPC makes: UNAUTHENTICATED is kPermissionDenied, OUT_OF_RANGE is
/// kInvalidArgument, ABORTED is kUnavailable, UNIMPLEMENTED is kInvalidArgument (the other side is
/// older), anything else is kInternal. Threads: pure.
#pragma once

#include "common/base/status.h"

#include <grpcpp/support/status.h>

namespace consilium {

grpc::Status ToGrpc(const Status& status);
Status FromGrpc(const grpc::Status& status);

}  // namespace consilium
