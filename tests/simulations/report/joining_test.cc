#include "simulations/report/cost_table.h"
#include "simulations/report/joining_table.h"
#include "tests/simulations/report/sample_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace consilium {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Row MakeRow(const std::string& method, const std::string& left_out, std::uint64_t seed,
            double accuracy) {
  Row row;
  row.method = method;
  row.left_out = left_out;
  row.backbone = "resnet18";
  row.task = "prognosis";
  row.seed = seed;
  row.metrics.accuracy = accuracy;
  return row;
}

Row Alone(const std::string& site, const std::string& left_out, std::uint64_t seed,
          double accuracy) {
  Row row = MakeRow("local", left_out, seed, accuracy);
  row.site = site;
  return row;
}

Row Joined(const std::string& left_out, std::uint64_t seed, double accuracy) {
  Row row = MakeRow("mdmt-federated", left_out, seed, accuracy);
  row.strategy = "fedavg";
  return row;
}

std::vector<Joining> JoiningOf(const std::vector<Row>& rows) {
  Summary summary;
  summary.rows = rows;
  const TaskResults results = ResultsOf(summary).front();
  return CompareJoining(rows, results, results.metrics.front());
}

TEST(JoiningTest, PairsTheCentersThatNeitherSideSaw) {
  const std::vector<Joining> joining =
      JoiningOf({Joined("A", 1, 0.9), Joined("B", 1, 0.7), Joined("C", 1, 0.8),
                 Alone("A", "B", 1, 0.6), Alone("A", "C", 1, 0.5)});
  ASSERT_THAT(joining, SizeIs(1));
  EXPECT_EQ(joining[0].site, "A");
  EXPECT_EQ(joining[0].t.n, 2);
  EXPECT_NEAR(*joining[0].t.mean_difference, 0.2, 1e-12);
}

TEST(JoiningTest, SeedsOfOneSideOnlyAreLeftOut) {
  const std::vector<Joining> joining = JoiningOf(
      {Joined("B", 1, 0.7), Joined("B", 2, 0.1), Alone("A", "B", 1, 0.6), Alone("A", "C", 1, 0)});
  ASSERT_THAT(joining, SizeIs(1));
  EXPECT_EQ(joining[0].t.n, 1);
  EXPECT_NEAR(*joining[0].t.mean_difference, 0.1, 1e-12);
  EXPECT_EQ(joining[0].verdict, JoiningVerdict::kOpen);
}

TEST(JoiningTest, TheIntervalDecides) {
  const std::vector<Joining> joining =
      JoiningOf({Joined("B", 1, 0.70), Joined("C", 1, 0.71), Joined("D", 1, 0.72),
                 Alone("A", "B", 1, 0.60), Alone("A", "C", 1, 0.60), Alone("A", "D", 1, 0.60),
                 Alone("E", "B", 1, 0.80), Alone("E", "C", 1, 0.80), Alone("E", "D", 1, 0.80),
                 Alone("F", "B", 1, 0.60), Alone("F", "C", 1, 0.80), Alone("F", "D", 1, 0.71)});
  ASSERT_THAT(joining, SizeIs(3));
  EXPECT_EQ(joining[0].verdict, JoiningVerdict::kHelps);
  EXPECT_EQ(joining[1].verdict, JoiningVerdict::kHurts);
  EXPECT_EQ(joining[2].verdict, JoiningVerdict::kOpen);
}

TEST(JoiningTest, WithoutOneOfTheSidesThereIsNothing) {
  EXPECT_THAT(JoiningOf({Joined("B", 1, 0.7), MakeRow("stl", "B", 1, 0.6)}), IsEmpty());
  EXPECT_THAT(JoiningOf({Alone("A", "B", 1, 0.7), MakeRow("stl", "B", 1, 0.6)}), IsEmpty());
}

TEST(JoiningTableTest, WarnsOfSitesThatLoseAndOfNoOthers) {
  const Summary summary = SampleSummary();
  const TaskResults results = ResultsOf(summary).front();
  std::vector<MetricJoining> metrics;
  for (const ShownMetric& metric : results.metrics) {
    metrics.push_back({metric, CompareJoining(summary.rows, results, metric)});
  }
  EXPECT_THAT(JoiningTable(results, metrics).rows, SizeIs(4));
  EXPECT_THAT(JoiningWarnings(results, metrics),
              ElementsAre(AllOf(HasSubstr("Site C does better alone than in mdmt-federated: Acc"),
                                HasSubstr("]; F1, weighted -"))));
}

TEST(CostTableTest, IsTheMeanPerTrainingOfAMethod) {
  TrainingRecord central;
  central.method = "stl";
  central.backbone = "resnet18";
  central.seconds = 60;
  central.validation_loss = {0.5, 0.4};
  TrainingRecord longer = central;
  longer.seconds = 120;
  longer.validation_loss.push_back(0.3);
  TrainingRecord federated = central;
  federated.method = "mdmt-federated";
  federated.seconds = std::nullopt;
  federated.bytes_to_sites = 2'500'000;
  const std::vector<TrainingRecord> trainings = {central, longer, federated};
  EXPECT_THAT(
      CostTable(trainings).rows,
      ElementsAre(ElementsAre("stl", "resnet18", "2", "2.5", "90.0", "3.0", "–", "–"),
                  ElementsAre("mdmt-federated", "resnet18", "1", "2.0", "–", "–", "2.5", "–")));
}

}  // namespace
}  // namespace consilium
