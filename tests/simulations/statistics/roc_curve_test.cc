#include "simulations/statistics/roc_curve.h"

#include "simulations/statistics/delong.h"
#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

TEST(RocCurveTest, AgreesWithScikitLearn) {
  for (const auto& golden : GoldenPart("roc")) {
    const auto truth = golden.at("truth").get<std::vector<int>>();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<RocPoint> points,
                                   RocCurve(Doubles(golden.at("scores")), truth));
    ASSERT_EQ(points.size(), golden.at("fpr").size());
    EXPECT_EQ(points[0].threshold, std::nullopt);
    for (std::size_t k = 0; k < points.size(); ++k) {
      ExpectClose(points[k].false_positive_rate, golden.at("fpr")[k]);
      ExpectClose(points[k].true_positive_rate, golden.at("tpr")[k]);
      if (k > 0) ExpectClose(points[k].threshold, golden.at("thresholds")[k]);
    }
  }
}

TEST(RocCurveTest, AreaBelowIsTheAuroc) {
  for (const auto& golden : GoldenPart("roc")) {
    const auto truth = golden.at("truth").get<std::vector<int>>();
    const std::vector<double> scores = Doubles(golden.at("scores"));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<RocPoint> points, RocCurve(scores, truth));
    double area = 0;
    for (std::size_t k = 1; k < points.size(); ++k) {
      area += (points[k].false_positive_rate - points[k - 1].false_positive_rate) *
              (points[k].true_positive_rate + points[k - 1].true_positive_rate) / 2;
    }
    ExpectClose(area, *DeLong(scores, truth)->auroc);
  }
}

TEST(RocCurveTest, HistogramsGiveTheCurveOfTheirBins) {
  const std::vector<std::int64_t> negative = {2, 1, 0, 1};
  const std::vector<std::int64_t> positive = {0, 1, 0, 3};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<RocPoint> binned, RocCurve(negative, positive));
  const std::vector<double> scores = {0, 0, 0.25, 0.75, 0.25, 0.75, 0.75, 0.75};
  const std::vector<int> truth = {0, 0, 0, 0, 1, 1, 1, 1};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<RocPoint> plain, RocCurve(scores, truth));
  ASSERT_EQ(binned.size(), plain.size());
  for (std::size_t k = 0; k < binned.size(); ++k) {
    EXPECT_EQ(binned[k].false_positive_rate, plain[k].false_positive_rate);
    EXPECT_EQ(binned[k].true_positive_rate, plain[k].true_positive_rate);
    EXPECT_EQ(binned[k].threshold, plain[k].threshold);
  }
}

TEST(RocCurveTest, OneClassAloneHasNoCurve) {
  const std::vector<double> scores = {0.1, 0.2};
  EXPECT_TRUE(RocCurve(scores, std::vector<int>{1, 1})->empty());
  EXPECT_TRUE(RocCurve(std::span<const double>(), std::span<const int>())->empty());
}

TEST(RocCurveTest, RefusesHistogramsThatDoNotFit) {
  EXPECT_STATUS(RocCurve(std::vector<std::int64_t>{1}, std::vector<std::int64_t>{1, 2}),
                StatusCode::kInvalidArgument, "same bins");
}

}  // namespace
}  // namespace consilium
