#include "common/nn/torch_guard.h"

#include "tests/support/status_matchers.h"

#include <torch/types.h>

#include <stdexcept>

namespace consilium {
namespace {

TEST(GuardTorchTest, PassesValuesAndStatusesThrough) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const int value, GuardTorch("x", [] { return 3; }));
  EXPECT_EQ(value, 3);
  EXPECT_OK(GuardTorch("x", [] { return OkStatus(); }));
  EXPECT_STATUS(GuardTorch("x", []() -> Result<int> { return NotFound("y"); }),
                StatusCode::kNotFound, "y");
}

TEST(GuardTorchTest, AnErrorOfLibTorchBecomesItsFirstLine) {
  const auto result = GuardTorch("adding", [] { return torch::ones({2}) + torch::ones({3}); });
  EXPECT_STATUS(result, StatusCode::kInternal, "adding: The size of tensor a (2) must match");
  EXPECT_EQ(result.status().message().find('\n'), std::string::npos);
}

TEST(GuardTorchTest, AFailedAllocationIsResourceExhausted) {
  EXPECT_STATUS(GuardTorch("x", []() -> int { throw std::bad_array_new_length(); }),
                StatusCode::kInternal, "impossible length");
  EXPECT_STATUS(GuardTorch("x", []() -> int { throw std::bad_alloc(); }),
                StatusCode::kResourceExhausted, "out of memory");
  EXPECT_STATUS(GuardTorch("x", [] { return torch::empty({std::int64_t{1} << 50}); }),
                StatusCode::kResourceExhausted, "x: ");
}

TEST(GuardTorchTest, AnyOtherExceptionIsInternal) {
  EXPECT_STATUS(GuardTorch("x", []() -> Status { throw std::runtime_error("why\nmore"); }),
                StatusCode::kInternal, "x: why");
}

}  // namespace
}  // namespace consilium
