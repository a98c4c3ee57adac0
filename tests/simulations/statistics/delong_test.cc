#include "simulations/statistics/delong.h"

#include "common/base/random_stream.h"
#include "simulations/statistics/bootstrap.h"
#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

struct Sample {
  std::vector<double> a, b;
  std::vector<int> truth;
};

/// Two correlated scores; positives are shifted by 1 and 0.6.
Sample MakeSample(std::size_t n) {
  RandomStream random(StreamSeed(9, {"delong"}));
  Sample sample;
  sample.truth.resize(n);
  sample.a.resize(n);
  sample.b.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    sample.truth[i] = i % 3 == 0 ? 1 : 0;
    const double shared = random.Normal();
    sample.a[i] = shared + random.Normal() + sample.truth[i];
    sample.b[i] = shared + random.Normal() + 0.6 * sample.truth[i];
  }
  return sample;
}

std::optional<double> AurocOf(const std::vector<double>& scores, const std::vector<int>& truth,
                              std::span<const std::size_t> images) {
  std::vector<double> drawn_scores;
  std::vector<int> drawn_truth;
  drawn_scores.reserve(images.size());
  drawn_truth.reserve(images.size());
  for (const std::size_t image : images) {
    drawn_scores.push_back(scores[image]);
    drawn_truth.push_back(truth[image]);
  }
  return DeLong(drawn_scores, drawn_truth)->auroc;
}

PatientClusters OneImageEach(std::size_t n) {
  PatientClusters patients(n);
  for (std::size_t i = 0; i < n; ++i) patients[i] = {i};
  return patients;
}

TEST(DeLongTest, AgreesWithItsDefinitionAndScikitLearn) {
  for (const auto& golden : GoldenPart("delong")) {
    const auto truth = golden.at("truth").get<std::vector<int>>();
    const std::vector<double> a = Doubles(golden.at("scores")[0]);
    const std::vector<double> b = Doubles(golden.at("scores")[1]);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult of_a, DeLong(a, truth));
    ExpectClose(of_a.auroc, golden.at("auroc")[0]);
    ExpectClose(of_a.variance, golden.at("covariance")[0][0]);
    ExpectClose(of_a.interval->low, golden.at("wald")[0]);
    ExpectClose(of_a.interval->high, golden.at("wald")[1]);
    for (const auto& [name, p] : golden.at("p").items()) {
      CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongComparison both,
                                     DeLongTest(a, b, truth, AlternativeOf(name)));
      ExpectClose(both.auroc_b, golden.at("auroc")[1]);
      ExpectNear(both.covariance, golden.at("covariance")[0][1]);
      ExpectNear(both.z, golden.at("z"));
      ExpectClose(both.p, p);
    }
  }
}

TEST(DeLongTest, AgreesWithAHandCalculation) {
  // Positives 0.9, 0.6, 0.5 against negatives 0.7, 0.5: V10 = 1, 1/2, 1/4 and V01 = 1/3, 5/6.
  const std::vector<double> scores = {0.9, 0.7, 0.6, 0.5, 0.5};
  const std::vector<int> truth = {1, 0, 1, 1, 0};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult result, DeLong(scores, truth));
  EXPECT_NEAR(*result.auroc, 7.0 / 12, 1e-15);
  EXPECT_NEAR(*result.variance, 7.0 / 144 + 1.0 / 16, 1e-15);  // S10 = 7/48, S01 = 1/8
}

TEST(DeLongTest, VarianceAgreesWithABootstrap) {
  const Sample sample = MakeSample(600);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult delong, DeLong(sample.a, sample.truth));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const BootstrapResult bootstrap,
                                 BootstrapByPatient(
                                     OneImageEach(600),
                                     [&](std::span<const std::size_t> images) {
                                       return AurocOf(sample.a, sample.truth, images);
                                     },
                                     {1500, 0.95}, RandomStream(StreamSeed(9, {"bootstrap"}))));
  EXPECT_NEAR(std::sqrt(*delong.variance) / *bootstrap.standard_error, 1, 0.06);
  EXPECT_NEAR(delong.interval->low, bootstrap.bca->low, 0.01);
  EXPECT_NEAR(delong.interval->high, bootstrap.bca->high, 0.01);
}

TEST(DeLongTest, VarianceOfTheDifferenceAgreesWithABootstrap) {
  const Sample sample = MakeSample(600);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongComparison delong,
                                 DeLongTest(sample.a, sample.b, sample.truth));
  const ImageMetric difference = [&](std::span<const std::size_t> images) -> std::optional<double> {
    const auto a = AurocOf(sample.a, sample.truth, images);
    const auto b = AurocOf(sample.b, sample.truth, images);
    if (!a || !b) return std::nullopt;
    return *a - *b;
  };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BootstrapResult bootstrap,
      BootstrapByPatient(OneImageEach(600), difference, {1500, 0.95},
                         RandomStream(StreamSeed(9, {"bootstrap", "difference"}))));
  EXPECT_NEAR(*delong.difference, *bootstrap.estimate, 1e-12);
  EXPECT_NEAR(std::sqrt(*delong.variance) / *bootstrap.standard_error, 1, 0.06);
}

TEST(DeLongTest, MonotoneTransformsOfScoresChangeNothing) {
  const Sample sample = MakeSample(60);
  std::vector<double> bent(sample.a.size());
  std::transform(sample.a.begin(), sample.a.end(), bent.begin(),
                 [](double s) { return std::exp(s) + 3; });
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult plain, DeLong(sample.a, sample.truth));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult other, DeLong(bent, sample.truth));
  EXPECT_EQ(plain.auroc, other.auroc);
  EXPECT_EQ(plain.variance, other.variance);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongComparison none,
                                 DeLongTest(sample.a, bent, sample.truth));
  EXPECT_EQ(none.difference, 0.0);
  EXPECT_EQ(none.p, std::nullopt);
}

TEST(DeLongTest, TurningScoresRoundMirrorsTheAuroc) {
  const Sample sample = MakeSample(60);
  std::vector<double> turned(sample.a.size());
  std::transform(sample.a.begin(), sample.a.end(), turned.begin(), std::negate<>());
  EXPECT_NEAR(*DeLong(sample.a, sample.truth)->auroc + *DeLong(turned, sample.truth)->auroc, 1,
              1e-12);
  EXPECT_NEAR(*DeLong(sample.a, sample.truth)->variance, *DeLong(turned, sample.truth)->variance,
              1e-12);
}

TEST(DeLongTest, SwappingTheMethodsMirrorsTheTest) {
  const Sample sample = MakeSample(90);
  const DeLongComparison ab = *DeLongTest(sample.a, sample.b, sample.truth);
  const DeLongComparison ba = *DeLongTest(sample.b, sample.a, sample.truth);
  EXPECT_DOUBLE_EQ(*ab.p, *ba.p);
  EXPECT_DOUBLE_EQ(*ab.z, -*ba.z);
}

TEST(DeLongTest, LogitIntervalStaysInsideAndHoldsTheEstimate) {
  const std::vector<double> scores = {0.1, 0.2, 0.3, 0.7, 0.6, 0.65, 0.8, 0.9};
  const std::vector<int> truth = {0, 0, 0, 0, 1, 1, 1, 1};
  EXPECT_EQ(DeLong(scores, truth)->interval->high, 1.0);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult logit,
                                 DeLong(scores, truth, 0.95, AurocInterval::kLogit));
  EXPECT_LT(logit.interval->high, 1.0);
  EXPECT_GT(logit.interval->high, *logit.auroc);
  EXPECT_LT(logit.interval->low, *logit.auroc);
}

TEST(DeLongTest, DegenerateInputIsUndefined) {
  const std::vector<double> scores = {0.1, 0.2, 0.8, 0.9};
  EXPECT_EQ(DeLong(scores, std::vector<int>{1, 1, 1, 1})->auroc, std::nullopt);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult single,
                                 DeLong(scores, std::vector<int>{0, 0, 0, 1}));
  EXPECT_EQ(single.auroc, 1.0);
  EXPECT_EQ(single.variance, std::nullopt);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const DeLongResult perfect,
                                 DeLong(scores, std::vector<int>{0, 0, 1, 1}));
  EXPECT_EQ(perfect.variance, 0.0);
  EXPECT_EQ(perfect.interval, std::nullopt);
}

TEST(DeLongTest, RefusesOtherOutcomesThanZeroAndOne) {
  const std::vector<double> scores = {0.1, 0.2};
  EXPECT_STATUS(DeLong(scores, std::vector<int>{0, 2}), StatusCode::kInvalidArgument, "outcome 2");
  EXPECT_STATUS(DeLong(scores, std::vector<int>{0}), StatusCode::kInvalidArgument, "as many");
}

}  // namespace
}  // namespace consilium
