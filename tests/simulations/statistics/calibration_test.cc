#include "simulations/statistics/calibration.h"

#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

CalibrationOptions OptionsOf(const nlohmann::json& golden) {
  return {golden.at("bins"),
          golden.at("strategy") == "uniform" ? Binning::kEqualWidth : Binning::kEqualMass};
}

Calibration CalibrationOf(const nlohmann::json& golden) {
  auto result = Calibrate(Doubles(golden.at("probabilities")),
                          golden.at("truth").get<std::vector<int>>(), OptionsOf(golden));
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : Calibration{};
}

TEST(CalibrationTest, CurveAndBrierScoreAgreeWithScikitLearn) {
  for (const auto& golden : GoldenPart("calibration")) {
    const Calibration result = CalibrationOf(golden);
    ASSERT_EQ(result.curve.size(), golden.at("mean").size());
    for (std::size_t b = 0; b < result.curve.size(); ++b) {
      ExpectClose(result.curve[b].mean_probability, golden.at("mean")[b]);
      ExpectClose(result.curve[b].observed, golden.at("observed")[b]);
    }
    ExpectClose(result.brier, golden.at("brier"));
  }
}

TEST(CalibrationTest, ErrorIsTheMeanGapOfTheCurve) {
  for (const auto& golden : GoldenPart("calibration")) {
    const Calibration result = CalibrationOf(golden);
    double gap = 0;
    std::int64_t n = 0;
    for (std::size_t b = 0; b < result.curve.size(); ++b) {
      const double of_bin =
          std::abs(golden.at("mean")[b].get<double>() - golden.at("observed")[b].get<double>());
      gap += static_cast<double>(result.curve[b].n) * of_bin;
      n += result.curve[b].n;
    }
    EXPECT_EQ(n, result.n);
    ExpectClose(result.ece, gap / static_cast<double>(n));
  }
}

TEST(CalibrationTest, PartsOfTheBrierScoreAddUp) {
  for (const auto& golden : GoldenPart("calibration")) {
    const Calibration result = CalibrationOf(golden);
    ExpectClose(*result.reliability - *result.resolution + *result.uncertainty + *result.within,
                *result.brier);
  }
}

TEST(CalibrationTest, EqualProbabilitiesInABinLeaveMurphysThreeParts) {
  const std::vector<double> p = {0.2, 0.2, 0.8, 0.8};
  const std::vector<int> y = {0, 1, 1, 1};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Calibration result, Calibrate(p, y, {5}));
  EXPECT_NEAR(*result.reliability, 0.5 * 0.09 + 0.5 * 0.04, 1e-12);
  EXPECT_NEAR(*result.resolution, 0.0625, 1e-12);
  EXPECT_NEAR(*result.uncertainty, 0.1875, 1e-12);
  EXPECT_NEAR(*result.within, 0, 1e-12);
  EXPECT_NEAR(*result.ece, 0.25, 1e-12);
}

TEST(CalibrationTest, PerfectForecastsHaveNoErrorEvenOfOneClass) {
  const std::vector<double> p = {1, 1, 1};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Calibration result, Calibrate(p, std::vector<int>{1, 1, 1}));
  EXPECT_EQ(result.ece, 0.0);
  EXPECT_EQ(result.brier, 0.0);
  EXPECT_EQ(result.uncertainty, 0.0);
}

TEST(CalibrationTest, EqualMassPutsEquallyManyImagesInEachBin) {
  const std::vector<double> p = {0.01, 0.02, 0.03, 0.04, 0.05, 0.9};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Calibration result,
                                 Calibrate(p, std::vector<int>(6, 0), {3, Binning::kEqualMass}));
  ASSERT_EQ(result.curve.size(), 3U);
  for (const ReliabilityPoint& point : result.curve) EXPECT_EQ(point.n, 2);
}

TEST(CalibrationTest, NoImageIsUndefined) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Calibration result, Calibrate({}, {}));
  EXPECT_EQ(result.ece, std::nullopt);
  EXPECT_TRUE(result.curve.empty());
}

TEST(CalibrationTest, RefusesWhatIsNoProbability) {
  const std::vector<double> p = {0.5, 1.5};
  EXPECT_STATUS(Calibrate(p, std::vector<int>{0, 1}), StatusCode::kInvalidArgument,
                "probability 2");
  EXPECT_STATUS(Calibrate({}, {}, {0}), StatusCode::kInvalidArgument, "at least one bin");
}

}  // namespace
}  // namespace consilium
