#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

Result<int> Half(int x) {
  if (x % 2 != 0) return InvalidArgument("odd: " + std::to_string(x));
  return x / 2;
}
Result<int> Quarter(int x) {
  CONSILIUM_ASSIGN_OR_RETURN(const int half, Half(x));
  return Half(half);
}

TEST(ResultTest, AssignOrReturnPassesTheFirstErrorOn) {
  EXPECT_STATUS(Quarter(6), StatusCode::kInvalidArgument, "odd: 3");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const int quarter, Quarter(8));
  EXPECT_EQ(quarter, 2);
}

TEST(StatusTest, ContextIsAddedToErrorsOnly) {
  EXPECT_OK(OkStatus().WithContext("file"));
  EXPECT_EQ(NotFound("gone").WithContext("a.csv"), NotFound("a.csv: gone"));
}

TEST(StatusTest, ExitCodesAreTheDocumentedOnes) {
  EXPECT_EQ(ExitCode(OkStatus()), 0);
  EXPECT_EQ(ExitCode(InvalidArgument("")), 2);
  EXPECT_EQ(ExitCode(Cancelled("")), 130);
  EXPECT_EQ(ExitCode(Internal("")), 1);
}

}  // namespace
}  // namespace consilium
