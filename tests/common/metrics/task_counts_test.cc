#include "common/metrics/task_counts.h"

#include "common/base/random_stream.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

#include <limits>

namespace consilium {
namespace {

void CountRandomImage(const TaskSpec& task, RandomStream& random, TaskCounts& counts) {
  if (task.kind == TaskKind::kClasses) {
    const auto positive = static_cast<float>(random.Uniform());
    CountClassification(counts.classifications[0], static_cast<int>(random.Below(2)),
                        std::vector<float>{1 - positive, positive});
  } else {
    std::vector<float> predicted;
    std::vector<int> truth;
    for (int z = 0; z < task.zones; ++z) {
      // Quarters add up exactly in any order.
      predicted.push_back(static_cast<float>(random.Below(16)) / 4);
      truth.push_back(static_cast<int>(random.Below(4)));
    }
    CountZones(counts, task.levels, predicted, truth);
  }
  ++counts.n;
  counts.loss_sum += 0.25;
}

TEST(TaskCountsTest, MergeOfTwoSitesEqualsPooledCounts) {
  for (const TaskSpec& task : {PrognosisTask(), BrixiaTask("zones").value()}) {
    TaskCounts first = EmptyCounts(task);
    TaskCounts second = EmptyCounts(task);
    TaskCounts pooled = EmptyCounts(task);
    RandomStream site_draws(3);
    RandomStream pooled_draws(3);
    for (int i = 0; i < 50; ++i) {
      CountRandomImage(task, site_draws, i < 20 ? first : second);
      CountRandomImage(task, pooled_draws, pooled);
    }
    TaskCounts merged = first;
    ASSERT_OK(Merge(merged, second));
    EXPECT_EQ(merged, pooled);
    ASSERT_OK(Merge(second, first));
    EXPECT_EQ(second, pooled);
  }
}

TEST(TaskCountsTest, CountsOfDifferentTasksDoNotMerge) {
  TaskCounts prognosis = EmptyCounts(PrognosisTask());
  EXPECT_STATUS(Merge(prognosis, EmptyCounts(BrixiaTask("zones").value())),
                StatusCode::kInvalidArgument, "brixia");
  TaskCounts hostile = EmptyCounts(PrognosisTask());
  hostile.classifications[0].confusion.resize(1);
  EXPECT_STATUS(Merge(prognosis, hostile), StatusCode::kInvalidArgument, "prognosis");
}

TEST(TaskCountsTest, ZoneScoresAreRoundedAtHalvesAndClamped) {
  TaskSpec task = BrixiaTask("zones").value();
  TaskCounts counts = EmptyCounts(task);
  CountZones(counts, task.levels, std::vector<float>{-3, 0.49F, 0.5F, 1.5F, 2.5F, 9},
             std::vector<int>{0, 0, 1, 2, 3, 3});
  for (int z = 0; z < 6; ++z) EXPECT_EQ(counts.zones[z].exact, 1) << z;
  EXPECT_EQ(counts.zones[6].exact, 1);
}

TEST(TaskCountsTest, ScoreThatIsNotANumberIsCountedWithoutHarm) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  TaskCounts counts = EmptyCounts(PrognosisTask());
  CountClassification(counts.classifications[0], 1, std::vector<float>{nan, nan});
  EXPECT_EQ(counts.classifications[0].positive_scores[0], 1);
}

TEST(TaskCountsTest, WeightedLossSumsMeansOfTasksThatHaveLabels) {
  std::vector<TaskSpec> tasks{PrognosisTask(), BrixiaTask("zones").value()};
  tasks[1].weight = 0.5;
  std::vector<TaskCounts> counts{EmptyCounts(tasks[0]), EmptyCounts(tasks[1])};
  EXPECT_EQ(WeightedLoss(tasks, counts), std::nullopt);
  counts[1].n = 4;
  counts[1].loss_sum = 6;
  EXPECT_EQ(WeightedLoss(tasks, counts), 0.75);  // 0.5 * 6 / 4
  counts[0].n = 2;
  counts[0].loss_sum = 1;
  EXPECT_EQ(WeightedLoss(tasks, counts), 1.25);  // 1 * 1 / 2 more
}

}  // namespace
}  // namespace consilium
