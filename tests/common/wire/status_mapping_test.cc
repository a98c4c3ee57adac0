#include "common/wire/status_mapping.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

TEST(StatusMappingTest, EveryCodeSurvivesTheWayThereAndBack) {
  for (int code = 0; code <= static_cast<int>(StatusCode::kInternal); ++code) {
    const Status status(static_cast<StatusCode>(code), code == 0 ? "" : "why");
    EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
  }
}

TEST(StatusMappingTest, CodesThatOnlyGrpcMakesHaveAMeaningHere) {
  EXPECT_EQ(FromGrpc({grpc::StatusCode::UNAUTHENTICATED, "m"}), PermissionDenied("m"));
  EXPECT_EQ(FromGrpc({grpc::StatusCode::OUT_OF_RANGE, "m"}), InvalidArgument("m"));
  EXPECT_EQ(FromGrpc({grpc::StatusCode::ABORTED, "m"}), Unavailable("m"));
  EXPECT_EQ(FromGrpc({grpc::StatusCode::UNIMPLEMENTED, "m"}), InvalidArgument("m"));
  EXPECT_EQ(FromGrpc({grpc::StatusCode::UNKNOWN, "m"}), Internal("m"));
}

TEST(StatusMappingTest, ALongMessageIsCut) {
  EXPECT_EQ(ToGrpc(Internal(std::string(100'000, 'x'))).error_message().size(), 1024U);
}

}  // namespace
}  // namespace consilium
