#include "common/metrics/metrics.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace consilium {
namespace {

nlohmann::json Golden() {
  std::ifstream file(CONSILIUM_GOLDEN_DIR "/metrics/metrics.json");
  EXPECT_TRUE(file.good()) << "golden/metrics/metrics.json is missing";
  return nlohmann::json::parse(file, nullptr, false);
}

TaskSpec TaskOf(int classes) {
  TaskSpec task;
  task.id = TaskId("task");
  for (int c = 0; c < classes; ++c) task.classes.push_back("class " + std::to_string(c));
  return task;
}

void ExpectMetric(const nlohmann::json& expected, const char* name,
                  const std::optional<double>& value) {
  SCOPED_TRACE(name);
  if (expected.at(name).is_null()) {
    EXPECT_FALSE(value.has_value());
    return;
  }
  ASSERT_TRUE(value.has_value());
  EXPECT_NEAR(*value, expected.at(name).get<double>(), 1e-12);
}

TEST(MetricsTest, ClassificationAgreesWithScikitLearn) {
  const nlohmann::json golden = Golden();
  for (const nlohmann::json& example : golden.at("classifications")) {
    TaskCounts counts = EmptyCounts(TaskOf(example.at("classes")));
    const auto truth = example.at("truth").get<std::vector<int>>();
    for (std::size_t i = 0; i < truth.size(); ++i) {
      CountClassification(counts.classifications[0], truth[i],
                          example.at("scores")[i].get<std::vector<float>>());
      ++counts.n;
    }
    const TaskMetrics metrics = ComputeMetrics(counts);
    const nlohmann::json& expected = example.at("expected");
    ExpectMetric(expected, "accuracy", metrics.accuracy);
    ExpectMetric(expected, "precision", metrics.precision);
    ExpectMetric(expected, "recall", metrics.recall);
    ExpectMetric(expected, "f1", metrics.f1);
    ExpectMetric(expected, "gmean", metrics.gmean);
    ExpectMetric(expected, "auroc", metrics.auroc);
    ExpectMetric(expected, "positive_precision", metrics.positive_precision);
    ExpectMetric(expected, "positive_recall", metrics.positive_recall);
    ExpectMetric(expected, "positive_f1", metrics.positive_f1);
  }
}

TEST(MetricsTest, ZonesAgreeWithScikitLearnAndScipy) {
  const nlohmann::json golden = Golden();
  const nlohmann::json& zones = golden.at("zones");
  const TaskSpec task = BrixiaTask("zones").value();
  TaskCounts counts = EmptyCounts(task);
  for (std::size_t i = 0; i < zones.at("truth").size(); ++i) {
    CountZones(counts, task.levels, zones.at("scores")[i].get<std::vector<float>>(),
               zones.at("truth")[i].get<std::vector<int>>());
    ++counts.n;
  }
  const TaskMetrics metrics = ComputeMetrics(counts);
  ExpectMetric(zones.at("expected"), "zone_accuracy", metrics.zone_accuracy);
  ExpectMetric(zones.at("expected"), "l1", metrics.l1);
  ExpectMetric(zones.at("expected"), "mse", metrics.mse);
  ExpectMetric(zones.at("expected"), "correlation", metrics.correlation);
  EXPECT_FALSE(metrics.accuracy.has_value());
}

TEST(MetricsTest, NothingCountedLeavesEveryMetricEmpty) {
  for (const TaskSpec& task : {PrognosisTask(), BrixiaTask("zones").value()}) {
    const TaskMetrics metrics = ComputeMetrics(EmptyCounts(task));
    EXPECT_FALSE(metrics.loss.has_value());
    for (const NamedMetric& named : ReportedMetrics()) {
      EXPECT_FALSE((metrics.*named.member).has_value()) << named.name;
    }
  }
}

TEST(MetricsTest, OneClassAloneHasAccuracyButNoAurocAndNoGmean) {
  TaskCounts counts = EmptyCounts(PrognosisTask());
  CountClassification(counts.classifications[0], 0, std::vector<float>{0.9F, 0.1F});
  const TaskMetrics metrics = ComputeMetrics(counts);
  EXPECT_EQ(metrics.accuracy, 1.0);
  EXPECT_FALSE(metrics.auroc.has_value());
  EXPECT_FALSE(metrics.gmean.has_value());
  EXPECT_FALSE(metrics.positive_recall.has_value());
}

TEST(MetricsTest, ConstantPredictionHasNoCorrelation) {
  const TaskSpec task = BrixiaTask("zones").value();
  TaskCounts counts = EmptyCounts(task);
  for (int score = 0; score < 4; ++score) {
    CountZones(counts, task.levels, std::vector<float>(6, 1.1F), std::vector<int>(6, score));
  }
  EXPECT_FALSE(ComputeMetrics(counts).correlation.has_value());
}

TEST(MetricsTest, SeveralGroupsAreAveraged) {
  TaskCounts counts = EmptyCounts(BrixiaTask("lungs").value());
  const std::vector<float> first{1, 0, 0, 0};
  CountClassification(counts.classifications[0], 0, first);  // right: accuracy 1
  CountClassification(counts.classifications[1], 2, first);  // left: accuracy 0
  EXPECT_EQ(ComputeMetrics(counts).accuracy, 0.5);
}

TEST(MetricsTest, AurocOfEqualScoresIsOneHalf) {
  EXPECT_EQ(Auroc({0, 3, 0}, {0, 5, 0}), 0.5);
  EXPECT_EQ(Auroc({3, 0, 0}, {0, 0, 5}), 1.0);
  EXPECT_EQ(Auroc({3, 0, 0}, {0, 0, 0}), std::nullopt);
}

}  // namespace
}  // namespace consilium
