#include "simulations/statistics/f_test.h"

#include "simulations/statistics/descriptive.h"
#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using Groups = std::vector<std::vector<double>>;

TEST(FTestTest, AgreesWithScipy) {
  for (const auto& golden : GoldenPart("f_tests")) {
    const auto groups = golden.at("groups").get<Groups>();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FTestResult result, OneWayFTest(groups));
    ExpectClose(result.f, golden.at("f"));
    ExpectClose(result.p, golden.at("p"));
  }
}

TEST(FTestTest, EtaSquaredIsTheShareOfTheSquaresBetweenGroups) {
  const Groups groups = {{1, 3}, {5, 7}};  // between 16, within 4
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FTestResult result, OneWayFTest(groups));
  EXPECT_NEAR(*result.eta_squared, 0.8, 1e-12);
  EXPECT_NEAR(*result.f, 8, 1e-12);
}

TEST(FTestTest, DoesNotDependOnTheOrderOfGroups) {
  const Groups groups = {{0.5, 0.6, 0.7}, {0.4, 0.9}, {0.8, 0.8, 0.1}};
  const Groups turned = {groups[2], groups[0], groups[1]};
  EXPECT_NEAR(*OneWayFTest(groups)->p, *OneWayFTest(turned)->p, 1e-12);
}

TEST(FTestTest, ConstantOrSingleValuesAreUndefined) {
  EXPECT_EQ(OneWayFTest(Groups{{1, 1}, {2, 2}})->p, std::nullopt);
  EXPECT_EQ(OneWayFTest(Groups{{1}, {2}})->p, std::nullopt);
}

TEST(FTestTest, RefusesOneGroupAndEmptyGroups) {
  EXPECT_STATUS(OneWayFTest(Groups{{1, 2}}), StatusCode::kInvalidArgument, "two groups");
  EXPECT_STATUS(OneWayFTest(Groups{{1, 2}, {}}), StatusCode::kInvalidArgument, "group 2");
}

}  // namespace
}  // namespace consilium
