#include "simulations/statistics/bootstrap.h"

#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

#include <numeric>

namespace consilium {
namespace {

RandomStream Stream(std::uint64_t seed) { return RandomStream(StreamSeed(seed, {"bootstrap"})); }

ImageMetric MeanOf(const std::vector<double>& values) {
  return [values](std::span<const std::size_t> images) -> std::optional<double> {
    if (images.empty()) return std::nullopt;
    double sum = 0;
    for (const std::size_t image : images) sum += values[image];
    return sum / static_cast<double>(images.size());
  };
}

PatientClusters OneImageEach(std::size_t n) {
  PatientClusters patients(n);
  for (std::size_t i = 0; i < n; ++i) patients[i] = {i};
  return patients;
}

std::vector<double> NormalValues(std::size_t n) {
  RandomStream random(StreamSeed(1, {"values"}));
  std::vector<double> values(n);
  for (double& value : values) value = random.Normal();
  return values;
}

TEST(BootstrapTest, IntervalsAgreeWithScipyOnItsResamples) {
  for (const auto& golden : GoldenPart("bootstrap")) {
    const std::vector<double> resampled = Doubles(golden.at("resampled"));
    const double confidence = golden.at("confidence");
    const auto percentile = PercentileInterval(resampled, confidence);
    ASSERT_TRUE(percentile);
    ExpectClose(percentile->low, golden.at("percentile")[0]);
    ExpectClose(percentile->high, golden.at("percentile")[1]);
    const auto bca =
        BcaInterval(golden.at("estimate"), resampled, Doubles(golden.at("without")), confidence);
    ASSERT_TRUE(bca);
    ExpectClose(bca->low, golden.at("bca")[0]);
    ExpectClose(bca->high, golden.at("bca")[1]);
  }
}

TEST(BootstrapTest, StandardErrorOfAMeanIsTheKnownOne) {
  const std::vector<double> values = NormalValues(200);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BootstrapResult result,
      BootstrapByPatient(OneImageEach(200), MeanOf(values), {4000, 0.95}, Stream(1)));
  double square = 0;
  for (const double value : values) square += std::pow(value - *result.estimate, 2);
  EXPECT_NEAR(*result.standard_error, std::sqrt(square) / 200, 0.05 * *result.standard_error);
}

TEST(BootstrapTest, ImagesOfOnePatientDoNotCountAsIndependent) {
  const std::vector<double> of_patients = NormalValues(50);
  std::vector<double> values;
  std::vector<std::string> ids;
  for (std::size_t p = 0; p < of_patients.size(); ++p) {
    values.insert(values.end(), 4, of_patients[p]);  // four equal images each
    ids.insert(ids.end(), 4, std::to_string(p));
  }
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BootstrapResult by_patient,
      BootstrapByPatient(GroupByPatient(ids), MeanOf(values), {2000, 0.95}, Stream(2)));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BootstrapResult by_image,
      BootstrapByPatient(OneImageEach(200), MeanOf(values), {2000, 0.95}, Stream(2)));
  EXPECT_NEAR(*by_patient.standard_error / *by_image.standard_error, 2, 0.2);  // sqrt(4)
}

TEST(BootstrapTest, EqualStreamsGiveEqualBits) {
  const ImageMetric metric = MeanOf(NormalValues(30));
  const auto run = [&](std::uint64_t seed) {
    return *BootstrapByPatient(OneImageEach(30), metric, {200, 0.95}, Stream(seed));
  };
  EXPECT_EQ(run(3).bca, run(3).bca);
  EXPECT_EQ(run(3).percentile, run(3).percentile);
  EXPECT_NE(run(3).bca, run(4).bca);
}

TEST(BootstrapTest, ResamplesWhereTheMetricIsUndefinedAreCounted) {
  const ImageMetric needs_image_zero = [](std::span<const std::size_t> images) {
    const bool has = std::find(images.begin(), images.end(), 0U) != images.end();
    return has ? std::optional<double>(static_cast<double>(images[0])) : std::nullopt;
  };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BootstrapResult result,
      BootstrapByPatient(OneImageEach(3), needs_image_zero, {1000, 0.95}, Stream(5)));
  EXPECT_NEAR(result.undefined_resamples, 1000.0 * 8 / 27, 60);  // (2/3)^3
  EXPECT_TRUE(result.percentile);
}

TEST(BootstrapTest, AConstantMetricHasAnIntervalWithoutWidth) {
  const ImageMetric perfect = [](std::span<const std::size_t>) { return std::optional(1.0); };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BootstrapResult result,
      BootstrapByPatient(OneImageEach(5), perfect, {50, 0.95}, Stream(6)));
  EXPECT_EQ(result.percentile, (Interval{1, 1}));
  EXPECT_EQ(result.bca, (Interval{1, 1}));
}

TEST(BootstrapTest, DegenerateInputIsUndefined) {
  const ImageMetric metric = MeanOf({0.5});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const BootstrapResult one,
                                 BootstrapByPatient({{0}}, metric, {}, Stream(7)));
  EXPECT_EQ(one.estimate, 0.5);
  EXPECT_EQ(one.percentile, std::nullopt);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const BootstrapResult none,
                                 BootstrapByPatient({}, metric, {}, Stream(7)));
  EXPECT_EQ(none.estimate, std::nullopt);
  const std::vector<double> above = {2, 3, 4};
  EXPECT_EQ(BcaInterval(1, above, above, 0.95), std::nullopt);
  EXPECT_STATUS(BootstrapByPatient({{0}}, metric, {0, 0.95}, Stream(7)),
                StatusCode::kInvalidArgument, "at least one resample");
}

TEST(BootstrapTest, PatientsComeInOrderOfFirstAppearance) {
  const std::vector<std::string> ids = {"b", "a", "b", "c"};
  EXPECT_EQ(GroupByPatient(ids), (PatientClusters{{0, 2}, {1}, {3}}));
}

}  // namespace
}  // namespace consilium
