#include "simulations/statistics/descriptive.h"

#include "simulations/statistics/distributions.h"
#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

#include <limits>

namespace consilium {
namespace {

TEST(DistributionsTest, AgreeWithScipyFarIntoTheirTails) {
  const nlohmann::json golden = GoldenPart("distributions");
  for (const auto& row : golden.at("normal")) {
    ExpectClose(NormalUpperTail(row[0]), row[1]);
    ExpectClose(NormalLowerTail(row[0]), row[2]);
  }
  for (const auto& row : golden.at("normal_quantile")) ExpectClose(NormalQuantile(row[0]), row[1]);
  for (const auto& row : golden.at("student")) {
    ExpectClose(StudentUpperTail(row[0], row[1]), row[2]);
  }
  for (const auto& row : golden.at("student_quantile")) {
    ExpectClose(StudentQuantile(row[0], row[1]), row[2]);
  }
  for (const auto& row : golden.at("fisher")) {
    ExpectClose(FisherFUpperTail(row[0], row[1], row[2]), row[3]);
  }
  for (const auto& row : golden.at("chi_square"))
    ExpectClose(ChiSquareUpperTail(row[0], 1), row[1]);
  for (const auto& row : golden.at("fair_binomial")) {
    ExpectClose(FairBinomialLowerTail(row[0], row[1]), row[2]);
  }
}

TEST(DistributionsTest, WrongArgumentsGiveNanAndNoException) {
  EXPECT_TRUE(std::isnan(StudentUpperTail(1, -1)));
  EXPECT_TRUE(std::isnan(NormalQuantile(2)));
}

TEST(DescriptiveTest, AgreesWithNumpyAndScipy) {
  const nlohmann::json golden = GoldenPart("describe");
  const Description description = Describe(Doubles(golden.at("values")));
  ExpectClose(description.mean, golden.at("mean"));
  ExpectClose(description.sd, golden.at("sd"));
  ExpectClose(description.se, golden.at("se"));
}

TEST(DescriptiveTest, QuantilesAgreeWithNumpy) {
  const nlohmann::json golden = GoldenPart("quantiles");
  const std::vector<double> values = Doubles(golden.at("values"));
  for (const auto& row : golden.at("expected")) ExpectClose(Quantile(values, row[0]), row[1]);
}

TEST(DescriptiveTest, TooFewValuesAreUndefined) {
  EXPECT_EQ(Describe({}).mean, std::nullopt);
  const std::vector<double> one = {0.5};
  EXPECT_EQ(Describe(one).mean, 0.5);
  EXPECT_EQ(Describe(one).sd, std::nullopt);
  EXPECT_EQ(Describe(one).se, std::nullopt);
}

TEST(DescriptiveTest, GridIsDescribedOverFoldsAndOverBackbones) {
  const std::vector<GridValue> grid = {{"1", "resnet18", 0.5},
                                       {"1", "densenet121", 0.7},
                                       {"2", "resnet18", 0.8},
                                       {"2", "densenet121", std::nullopt}};
  const GridDescription description = DescribeGrid(grid);
  EXPECT_EQ(description.over_runs.n, 3U);
  EXPECT_NEAR(*description.over_folds.mean, 0.7, 1e-12);  // of 0.6 and 0.8
  EXPECT_NEAR(*description.over_folds.sd, std::sqrt(0.02), 1e-12);
  EXPECT_NEAR(*description.over_backbones.mean, 0.675, 1e-12);  // of 0.65 and 0.7
  EXPECT_NEAR(*description.over_backbones.se, 0.025, 1e-12);
}

TEST(DescriptiveTest, NamesTheValueThatIsNotFinite) {
  const std::vector<double> values = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_STATUS(CheckFinite(values, "sample"), StatusCode::kInvalidArgument, "sample: value 2");
}

}  // namespace
}  // namespace consilium
