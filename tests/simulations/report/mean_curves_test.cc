#include "simulations/report/mean_curves.h"

#include "simulations/report/mean_interval.h"
#include "tests/support/status_matchers.h"

#include <array>
#include <cmath>

namespace consilium {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<std::string> kClasses = {"mild", "severe"};
const std::string kHeader = "image,center,task,label,probabilities\n";

double At(const std::vector<double>& curve, double rate) {
  return curve[static_cast<std::size_t>(std::lround(rate * 100))];
}

std::vector<double> RocOf(const BinaryScores& scores) {
  const std::array<const BinaryScores*, 1> one = {&scores};
  return MeanRoc(one);
}

TEST(MeanRocTest, PerfectScoresReachOneAtOnce) {
  const std::vector<double> curve = RocOf({{0.9, 0.8, 0.2}, {1, 1, 0}});
  EXPECT_THAT(curve, SizeIs(kRocSteps));
  EXPECT_THAT(curve, Each(1.0));
}

TEST(MeanRocTest, EqualScoresMoveAlongAStraightLine) {
  const std::vector<double> curve = RocOf({{0.5, 0.5, 0.5}, {1, 0, 0}});
  EXPECT_DOUBLE_EQ(At(curve, 0), 0);
  EXPECT_DOUBLE_EQ(At(curve, 0.25), 0.25);
  EXPECT_DOUBLE_EQ(At(curve, 1), 1);
}

TEST(MeanRocTest, MixedScoresClimbInSteps) {
  const std::vector<double> curve = RocOf({{0.9, 0.7, 0.6, 0.1}, {1, 0, 1, 0}});
  EXPECT_DOUBLE_EQ(At(curve, 0), 0.5);
  EXPECT_DOUBLE_EQ(At(curve, 0.49), 0.5);
  EXPECT_DOUBLE_EQ(At(curve, 0.5), 1);
}

TEST(MeanRocTest, ModelsCountAlikeAndThoseOfOneClassNotAtAll) {
  const BinaryScores perfect = {{0.9, 0.1}, {1, 0}};
  const BinaryScores chance = {{0.5, 0.5, 0.5, 0.5}, {1, 0, 0, 1}};
  const BinaryScores one_class = {{0.5, 0.2}, {1, 1}};
  const std::array<const BinaryScores*, 3> all = {&perfect, &chance, &one_class};
  EXPECT_DOUBLE_EQ(At(MeanRoc(all), 0.5), 0.75);
  EXPECT_THAT(RocOf(one_class), IsEmpty());
  EXPECT_THAT(MeanRoc({}), IsEmpty());
}

TEST(MeanCurveTest, MeanIsOverTheTrainingsThatReachedAStep) {
  const LearningCurve first = {1.0, 0.5, 0.25};
  const LearningCurve second = {2.0, std::nullopt};
  const std::array<const LearningCurve*, 2> both = {&first, &second};
  const MeanCurve mean = MeanOfCurves(both);
  EXPECT_THAT(mean.mean, ElementsAre(1.5, 0.5, 0.25));
  EXPECT_THAT(mean.counts, ElementsAre(2, 1, 1));
}

TEST(MeanIntervalTest, IsStudentsFromThreeValuesOn) {
  const std::vector<double> values = {0.6, 0.7, 0.8};
  const auto interval = MeanInterval(values);
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->low, 0.7 - 4.302653 * 0.1 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(interval->high, 0.7 + 4.302653 * 0.1 / std::sqrt(3.0), 1e-6);
  EXPECT_FALSE(MeanInterval(std::span(values).first(2)).has_value());
}

TEST(BinaryScoresTest, LinesOfOtherTasksArePassedOver) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BinaryScores scores,
      ParseBinaryScores(
          kHeader + "a.png,A,prognosis,severe,0.25 0.75\nb.png,A,brixia,000000,0 0 0 0 0 0\n",
          "p.csv", "prognosis", kClasses));
  EXPECT_THAT(scores.probabilities, ElementsAre(0.75));
  EXPECT_THAT(scores.outcomes, ElementsAre(1));
}

TEST(BinaryScoresTest, FaultsNameFileAndLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "p.csv:1: header"},
      {"image,label\n", "p.csv:1: header"},
      {kHeader + "a.png,A,prognosis,severe\n", "p.csv:2: row"},
      {kHeader + "\na.png,A,prognosis,grave,0.5 0.5\n", "p.csv:3: label"},
      {kHeader + "a.png,A,prognosis,mild,0.5\n", "p.csv:2: probabilities"},
      {kHeader + "a.png,A,prognosis,mild,0.5 nan\n", "p.csv:2: probabilities"},
      {kHeader + "a.png,A,prognosis,mild,-0.5 1.5\n", "p.csv:2: probabilities"},
      {kHeader + "a.png,A,prognosis,mild,0.5 0.5 0\n", "p.csv:2: probabilities"}};
  for (const auto& [csv, part] : cases) {
    const auto scores = ParseBinaryScores(csv, "p.csv", "prognosis", kClasses);
    ASSERT_FALSE(scores.ok()) << csv;
    EXPECT_THAT(scores.status().message(), HasSubstr(part));
  }
}

}  // namespace
}  // namespace consilium
