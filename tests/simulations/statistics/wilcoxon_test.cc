#include "simulations/statistics/wilcoxon.h"

#include "common/base/random_stream.h"
#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

ZeroRule ZeroRuleOf(const nlohmann::json& name) {
  if (name == "pratt") return ZeroRule::kPratt;
  return name == "zsplit" ? ZeroRule::kSplit : ZeroRule::kDrop;
}

/// SciPy's statistic: the smaller rank sum of a two-sided test, else W+.
double StatisticOf(const WilcoxonResult& result, Alternative alternative) {
  return alternative == Alternative::kTwoSided ? std::min(result.w_plus, result.w_minus)
                                               : result.w_plus;
}

WilcoxonResult WilcoxonOf(const nlohmann::json& sample, const WilcoxonOptions& options) {
  auto result = WilcoxonSignedRank(Doubles(sample.at("a")), Doubles(sample.at("b")), options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : WilcoxonResult{};
}

TEST(WilcoxonTest, ApproximationAgreesWithScipyForEveryRule) {
  for (const auto& sample : GoldenPart("paired")) {
    SCOPED_TRACE(sample.at("name").get<std::string>());
    for (const auto& expected : sample.at("wilcoxon").at("approximate")) {
      SCOPED_TRACE(expected.dump());
      const WilcoxonOptions options = {AlternativeOf(expected.at("alternative")),
                                       ZeroRuleOf(expected.at("zeros")),
                                       WilcoxonMethod::kApproximate, expected.at("correction")};
      const WilcoxonResult result = WilcoxonOf(sample, options);
      ExpectClose(StatisticOf(result, options.alternative), expected.at("statistic"));
      ExpectClose(result.p, expected.at("p"));
      ExpectNear(std::abs(*result.z), expected.at("abs_z"));
    }
  }
}

TEST(WilcoxonTest, ExactAgreesWithTryingAllSignsWithTiesAndZeros) {
  for (const auto& sample : GoldenPart("paired")) {
    SCOPED_TRACE(sample.at("name").get<std::string>());
    for (const auto& expected : sample.at("wilcoxon").at("exact")) {
      SCOPED_TRACE(expected.dump());
      const WilcoxonOptions options = {AlternativeOf(expected.at("alternative")),
                                       ZeroRuleOf(expected.at("zeros")), WilcoxonMethod::kExact,
                                       false};
      const WilcoxonResult result = WilcoxonOf(sample, options);
      ExpectClose(result.w_plus, expected.at("statistic"));
      ExpectClose(result.p, expected.at("p"));
      EXPECT_EQ(result.z, std::nullopt);
    }
  }
}

TEST(WilcoxonTest, UntiedTableAgreesWithScipyTiesIncluded) {
  for (const auto& sample : GoldenPart("paired")) {
    SCOPED_TRACE(sample.at("name").get<std::string>());
    for (const auto& expected : sample.at("wilcoxon").at("untied")) {
      const WilcoxonOptions options = {AlternativeOf(expected.at("alternative")), ZeroRule::kDrop,
                                       WilcoxonMethod::kExactUntied, false};
      ExpectClose(WilcoxonOf(sample, options).p, expected.at("p"));
    }
  }
}

TEST(WilcoxonTest, ExactIsTheTableWhereNothingTies) {
  for (const auto& sample : GoldenPart("paired")) {
    if (WilcoxonOf(sample, {}).ties || WilcoxonOf(sample, {}).zeros > 0) continue;
    for (const Alternative alternative : kAlternatives) {
      WilcoxonOptions options = {alternative, ZeroRule::kDrop, WilcoxonMethod::kExact, false};
      const std::optional<double> exact = WilcoxonOf(sample, options).p;
      options.method = WilcoxonMethod::kExactUntied;
      ExpectClose(exact, *WilcoxonOf(sample, options).p);
    }
  }
}

TEST(WilcoxonTest, AutoIsExactForFewPairsWithoutZeros) {
  const auto method_of = [](const std::vector<double>& differences) {
    return WilcoxonSignedRank(differences)->method;
  };
  EXPECT_EQ(method_of({1, 2, -3}), WilcoxonMethod::kExact);
  EXPECT_EQ(method_of({1, 1, -3}), WilcoxonMethod::kExact);
  EXPECT_EQ(method_of({1, 0, -3}), WilcoxonMethod::kApproximate);
  EXPECT_EQ(method_of(std::vector<double>(51, 1.0)), WilcoxonMethod::kApproximate);
}

TEST(WilcoxonTest, SixGainsOfSixHaveTheSmallestPossiblePValue) {
  const std::vector<double> gains = {0.01, 0.02, 0.03, 0.04, 0.05, 0.06};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const WilcoxonResult two, WilcoxonSignedRank(gains));
  EXPECT_DOUBLE_EQ(*two.p, 2.0 / 64);
  EXPECT_EQ(two.rank_biserial, 1.0);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const WilcoxonResult one,
      WilcoxonSignedRank(gains, WilcoxonOptions{.alternative = Alternative::kGreater}));
  EXPECT_DOUBLE_EQ(*one.p, 1.0 / 64);
}

TEST(WilcoxonTest, SwappingTheSamplesMirrorsTheResult) {
  RandomStream random(StreamSeed(5, {"wilcoxon"}));
  for (const ZeroRule zeros : {ZeroRule::kDrop, ZeroRule::kPratt, ZeroRule::kSplit}) {
    for (const auto method : {WilcoxonMethod::kExact, WilcoxonMethod::kApproximate}) {
      std::vector<double> a(12);
      for (double& d : a) d = static_cast<double>(random.Below(7)) - 2;
      std::vector<double> b(a.size());
      std::transform(a.begin(), a.end(), b.begin(), std::negate<>());
      const auto p = [&](const std::vector<double>& d, Alternative alternative) {
        return *WilcoxonSignedRank(d, WilcoxonOptions{alternative, zeros, method, true})->p;
      };
      EXPECT_NEAR(p(a, Alternative::kTwoSided), p(b, Alternative::kTwoSided), 1e-12);
      EXPECT_NEAR(p(a, Alternative::kGreater), p(b, Alternative::kLess), 1e-12);
    }
  }
}

TEST(WilcoxonTest, DependsOnOrderOfMagnitudesOnly) {
  const std::vector<double> differences = {0.1, -0.4, 0.2, 0.9, -0.3, 0.2};
  std::vector<double> cubes;
  cubes.reserve(differences.size());
  for (const double d : differences) cubes.push_back(d * d * d);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const WilcoxonResult plain, WilcoxonSignedRank(differences));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const WilcoxonResult cubed, WilcoxonSignedRank(cubes));
  EXPECT_EQ(plain.p, cubed.p);
  EXPECT_EQ(plain.rank_biserial, cubed.rank_biserial);
}

TEST(WilcoxonTest, NothingButZerosIsUndefinedUnlessTheyAreSplit) {
  const std::vector<double> zeros(4, 0.0);
  for (const auto method : {WilcoxonMethod::kExact, WilcoxonMethod::kApproximate}) {
    for (const ZeroRule rule : {ZeroRule::kDrop, ZeroRule::kPratt}) {
      CONSILIUM_ASSERT_OK_AND_ASSIGN(
          const WilcoxonResult result,
          WilcoxonSignedRank(zeros, WilcoxonOptions{.zeros = rule, .method = method}));
      EXPECT_EQ(result.p, std::nullopt);
      EXPECT_EQ(result.rank_biserial, std::nullopt);
    }
    CONSILIUM_ASSERT_OK_AND_ASSIGN(
        const WilcoxonResult split,
        WilcoxonSignedRank(zeros, WilcoxonOptions{.zeros = ZeroRule::kSplit, .method = method}));
    EXPECT_EQ(split.p, 1.0);
  }
  EXPECT_EQ(WilcoxonSignedRank({}, WilcoxonOptions{})->p, std::nullopt);
}

TEST(WilcoxonTest, TooManyPairsForTheExactTestAreRefused) {
  const std::vector<double> many(kMaxExactPairs + 1, 1.0);
  EXPECT_STATUS(WilcoxonSignedRank(many, WilcoxonOptions{.method = WilcoxonMethod::kExact}),
                StatusCode::kInvalidArgument, "at most 500");
}

}  // namespace
}  // namespace consilium
