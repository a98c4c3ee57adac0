#include "common/federation/strategy_options.h"

#include "tests/support/status_matchers.h"

#include <limits>
#include <set>

namespace consilium {
namespace {

const StrategyParameter& Parameter(std::string_view key) {
  for (const StrategyParameter& parameter : StrategyParameters()) {
    if (parameter.key == key) return parameter;
  }
  ADD_FAILURE() << key;
  return StrategyParameters().front();
}

TEST(StrategyOptionsTest, EveryStrategyIsValidWithItsDefaults) {
  for (const StrategyInfo& strategy : Strategies()) {
    EXPECT_OK(ValidateStrategyOptions(strategy.name, {}));
    EXPECT_EQ(ParametersOf(strategy).size(), strategy.parameters.size()) << strategy.name;
  }
}

TEST(StrategyOptionsTest, EveryParameterBelongsToAStrategy) {
  std::set<std::string_view> used;
  for (const StrategyInfo& strategy : Strategies()) {
    used.insert(strategy.parameters.begin(), strategy.parameters.end());
  }
  for (const StrategyParameter& parameter : StrategyParameters()) {
    EXPECT_TRUE(used.contains(parameter.key)) << parameter.key;
  }
}

TEST(StrategyOptionsTest, AnUnknownNameListsTheKnownOnes) {
  EXPECT_STATUS(FindStrategy("luck"), StatusCode::kInvalidArgument,
                "strategy: 'luck' is unknown, expected one of fedavg, fedavgm");
}

TEST(StrategyOptionsTest, AParameterOutsideItsRangeNamesFieldAndRange) {
  StrategyOptions options;
  EXPECT_STATUS(SetValue(options, Parameter("beta1"), 1), StatusCode::kInvalidArgument,
                "strategy.beta1: expected at least 0 and below 1");
  EXPECT_STATUS(SetValue(options, Parameter("tau"), 0), StatusCode::kInvalidArgument,
                "strategy.tau: expected a number above 0");
  EXPECT_STATUS(SetValue(options, Parameter("byzantine"), 1.5), StatusCode::kInvalidArgument,
                "strategy.byzantine: expected a whole number");
  EXPECT_STATUS(SetValue(options, Parameter("tau"), std::numeric_limits<double>::quiet_NaN()),
                StatusCode::kInvalidArgument, "strategy.tau");
  EXPECT_EQ(options, StrategyOptions());
}

TEST(StrategyOptionsTest, AParameterOfAnotherStrategyIsRefused) {
  StrategyOptions options;
  options.tau = 0.1;
  EXPECT_OK(ValidateStrategyOptions("fedadam", options));
  EXPECT_STATUS(ValidateStrategyOptions("fedavgm", options), StatusCode::kInvalidArgument,
                "strategy.tau: is no parameter of fedavgm, expected server_learning_rate or "
                "server_momentum");
}

TEST(StrategyOptionsTest, ReportsNameTheParameters) {
  EXPECT_EQ(DescribeStrategy("fedavg", {}), "fedavg");
  EXPECT_EQ(DescribeStrategy("fedadagrad", {}),
            "fedadagrad(adaptive_learning_rate=0.01, tau=0.001)");
}

}  // namespace
}  // namespace consilium
