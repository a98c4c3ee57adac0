#include "simulations/statistics/mcnemar.h"

#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

TEST(McNemarTest, AgreesWithScipy) {
  for (const auto& golden : GoldenPart("mcnemar")) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const McNemarResult result,
                                   McNemarTest(golden.at("only_a").get<std::int64_t>(),
                                               golden.at("only_b").get<std::int64_t>()));
    ExpectClose(result.exact_p, golden.at("exact_p"));
    ExpectClose(result.chi_square, golden.at("chi_square"));
    ExpectClose(result.chi_square_p, golden.at("chi_square_p"));
  }
}

TEST(McNemarTest, CountsImagesThatOneMethodAloneGetsRight) {
  const std::vector<int> truth = {0, 1, 1, 0, 2};
  const std::vector<int> a = {0, 1, 1, 1, 0};
  const std::vector<int> b = {0, 0, 0, 0, 1};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const McNemarResult result, McNemarTest(a, b, truth));
  EXPECT_EQ(result.only_a, 2);
  EXPECT_EQ(result.only_b, 1);
}

TEST(McNemarTest, IsSymmetric) {
  EXPECT_EQ(McNemarTest(4, 11)->exact_p, McNemarTest(11, 4)->exact_p);
  EXPECT_EQ(McNemarTest(4, 11)->chi_square_p, McNemarTest(11, 4)->chi_square_p);
}

TEST(McNemarTest, MethodsThatNeverDisagreeAreUndefined) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const McNemarResult result, McNemarTest(0, 0));
  EXPECT_EQ(result.exact_p, std::nullopt);
  EXPECT_EQ(result.chi_square_p, std::nullopt);
}

TEST(McNemarTest, RefusesNegativeCountsAndOtherImages) {
  const std::vector<int> two = {0, 1};
  const std::vector<int> one = {0};
  EXPECT_STATUS(McNemarTest(-1, 2), StatusCode::kInvalidArgument, "negative");
  EXPECT_STATUS(McNemarTest(two, one, two), StatusCode::kInvalidArgument, "same images");
}

}  // namespace
}  // namespace consilium
