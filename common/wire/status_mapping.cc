#include "common/wire/status_mapping.h"

#include <array>
#include <utility>

namespace consilium {
namespace {

constexpr std::size_t kMaxMessage = 1024;

constexpr std::array kCodes = {
    std::pair{StatusCode::kOk, grpc::StatusCode::OK},
    std::pair{StatusCode::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
    std::pair{StatusCode::kNotFound, grpc::StatusCode::NOT_FOUND},
    std::pair{StatusCode::kAlreadyExists, grpc::StatusCode::ALREADY_EXISTS},
    std::pair{StatusCode::kFailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION},
    std::pair{StatusCode::kPermissionDenied, grpc::StatusCode::PERMISSION_DENIED},
    std::pair{StatusCode::kDataLoss, grpc::StatusCode::DATA_LOSS},
    std::pair{StatusCode::kUnavailable, grpc::StatusCode::UNAVAILABLE},
    std::pair{StatusCode::kDeadlineExceeded, grpc::StatusCode::DEADLINE_EXCEEDED},
    std::pair{StatusCode::kCancelled, grpc::StatusCode::CANCELLED},
    std::pair{StatusCode::kResourceExhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
    std::pair{StatusCode::kInternal, grpc::StatusCode::INTERNAL},
    // From here on inwards only: the first row of a plain code is the way out.
    std::pair{StatusCode::kPermissionDenied, grpc::StatusCode::UNAUTHENTICATED},
    std::pair{StatusCode::kInvalidArgument, grpc::StatusCode::OUT_OF_RANGE},
    std::pair{StatusCode::kUnavailable, grpc::StatusCode::ABORTED},
    std::pair{StatusCode::kInvalidArgument, grpc::StatusCode::UNIMPLEMENTED}};

}  // namespace

grpc::Status ToGrpc(const Status& status) {
  for (const auto& [code, wire] : kCodes) {
    if (code == status.code()) return {wire, status.message().substr(0, kMaxMessage)};
  }
  return {grpc::StatusCode::INTERNAL, status.message().substr(0, kMaxMessage)};
}

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return OkStatus();
  for (const auto& [code, wire] : kCodes) {
    if (wire == status.error_code()) return {code, status.error_message()};
  }
  return Internal(status.error_message());
}

}  // namespace consilium
