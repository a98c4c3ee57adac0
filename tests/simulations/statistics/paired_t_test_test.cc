#include "simulations/statistics/paired_t_test.h"

#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

TEST(PairedTTestTest, AgreesWithScipy) {
  for (const auto& sample : GoldenPart("paired")) {
    SCOPED_TRACE(sample.at("name").get<std::string>());
    for (const auto& expected : sample.at("t_test")) {
      CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult result,
                                     PairedTTest(Doubles(sample.at("a")), Doubles(sample.at("b")),
                                                 AlternativeOf(expected.at("alternative")), 0.9));
      ExpectNear(result.t, expected.at("t"));
      ExpectClose(result.p, expected.at("p"));
      ExpectClose(result.se, sample.at("se"));
      ExpectNear(result.interval->low, sample.at("interval_90")[0]);
      ExpectNear(result.interval->high, sample.at("interval_90")[1]);
    }
  }
}

TEST(PairedTTestTest, EffectSizeIsTheMeanInStandardDeviations) {
  const std::vector<double> a = {1, 2, 3, 6};
  const std::vector<double> b = {0, 0, 0, 0};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult result, PairedTTest(a, b));
  EXPECT_NEAR(*result.cohens_dz, 3 / std::sqrt(14.0 / 3), 1e-12);
  EXPECT_NEAR(*result.t, *result.cohens_dz * 2, 1e-12);
}

TEST(PairedTTestTest, SwappingTheSamplesMirrorsTheResult) {
  const std::vector<double> a = {0.71, 0.64, 0.8, 0.59};
  const std::vector<double> b = {0.7, 0.6, 0.72, 0.61};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult two, PairedTTest(a, b));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult swapped, PairedTTest(b, a));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult greater,
                                 PairedTTest(a, b, Alternative::kGreater));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult less, PairedTTest(b, a, Alternative::kLess));
  EXPECT_DOUBLE_EQ(*two.p, *swapped.p);
  EXPECT_DOUBLE_EQ(*two.t, -*swapped.t);
  EXPECT_DOUBLE_EQ(*greater.p, *less.p);
  EXPECT_DOUBLE_EQ(2 * *greater.p, *two.p);
}

TEST(PairedTTestTest, EqualDifferencesAreUndefinedEvenWithRounding) {
  const std::vector<double> a = {0.7, 0.3, 0.9};
  const std::vector<double> b = {0.6, 0.2, 0.8};  // 0.1 each, not in the last digit
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult result, PairedTTest(a, b));
  EXPECT_NEAR(*result.mean_difference, 0.1, 1e-12);
  EXPECT_EQ(result.t, std::nullopt);
  EXPECT_EQ(result.p, std::nullopt);
  EXPECT_EQ(result.cohens_dz, std::nullopt);
  EXPECT_EQ(result.interval, std::nullopt);
}

TEST(PairedTTestTest, OnePairHasAMeanAndNothingElse) {
  const std::vector<double> a = {0.7};
  const std::vector<double> b = {0.5};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult one, PairedTTest(a, b));
  EXPECT_NEAR(*one.mean_difference, 0.2, 1e-12);
  EXPECT_EQ(one.p, std::nullopt);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PairedTResult none, PairedTTest({}, {}));
  EXPECT_EQ(none.mean_difference, std::nullopt);
}

TEST(PairedTTestTest, UnpairedSamplesAreRefused) {
  const std::vector<double> a = {0.7, 0.1};
  const std::vector<double> b = {0.5};
  EXPECT_STATUS(PairedTTest(a, b), StatusCode::kInvalidArgument, "same length");
  EXPECT_STATUS(PairedTTest(a, a, Alternative::kLess, 1), StatusCode::kInvalidArgument,
                "confidence");
}

}  // namespace
}  // namespace consilium
