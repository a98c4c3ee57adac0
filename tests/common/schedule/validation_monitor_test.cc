#include "common/schedule/validation_monitor.h"

#include "tests/support/status_matchers.h"

#include <cmath>

namespace consilium {
namespace {

ScheduleOptions Short() {
  ScheduleOptions options;
  options.plateau_patience = 2;
  options.plateau_factor = 0.5;
  options.stop_patience = 5;
  return options;
}

TEST(ValidationMonitorTest, BestStepIsTheLowestLossAndTheFirstOfEqualOnes) {
  ValidationMonitor monitor(Short(), 1.0);
  EXPECT_TRUE(monitor.Observe(0, 3.0));
  EXPECT_TRUE(monitor.Observe(1, 2.0));
  EXPECT_FALSE(monitor.Observe(2, 2.0));
  EXPECT_EQ(monitor.best_step(), 1);
  EXPECT_EQ(monitor.best_loss(), 2.0);
}

TEST(ValidationMonitorTest, LearningRateFallsAfterThePlateauAndNotBelowTheFloor) {
  ScheduleOptions options = Short();
  options.min_learning_rate = 0.2;
  ValidationMonitor monitor(options, 1.0);
  monitor.Observe(0, 1.0);
  monitor.Observe(1, 1.0);
  EXPECT_EQ(monitor.learning_rate(), 1.0);
  monitor.Observe(2, 1.0);
  EXPECT_EQ(monitor.learning_rate(), 0.5);
  monitor.Observe(3, 1.0);
  monitor.Observe(4, 1.0);
  EXPECT_EQ(monitor.learning_rate(), 0.25);
  monitor.Observe(5, 0.9);
  monitor.Observe(6, 1.0);
  monitor.Observe(7, 1.0);
  EXPECT_EQ(monitor.learning_rate(), 0.2);
}

TEST(ValidationMonitorTest, StopsAfterPatienceWithoutImprovement) {
  ValidationMonitor monitor(Short(), 1.0);
  monitor.Observe(0, 1.0);
  for (int step = 1; step <= 4; ++step) monitor.Observe(step, 1.0);
  EXPECT_FALSE(monitor.should_stop());
  monitor.Observe(5, 1.0);
  EXPECT_TRUE(monitor.should_stop());
}

TEST(ValidationMonitorTest, WarmUpStepsAreNeitherBestNorCounted) {
  ScheduleOptions options = Short();
  options.warm_up = 3;
  ValidationMonitor monitor(options, 1.0);
  for (int step = 0; step < 3; ++step) monitor.Observe(step, 0.1);
  EXPECT_EQ(monitor.best_loss(), std::nullopt);
  EXPECT_TRUE(monitor.Observe(3, 0.5));
  EXPECT_EQ(monitor.best_step(), 3);
  EXPECT_EQ(monitor.best_loss(), 0.5);
}

TEST(ValidationMonitorTest, WithoutValidationDataTheLatestStepIsBest) {
  ValidationMonitor monitor(Short(), 1.0);
  for (int step = 0; step < 20; ++step) EXPECT_TRUE(monitor.Observe(step, std::nullopt));
  EXPECT_EQ(monitor.best_step(), 19);
  EXPECT_FALSE(monitor.should_stop());
  EXPECT_EQ(monitor.learning_rate(), 1.0);
}

TEST(ValidationMonitorTest, ALossThatIsNotFiniteIsNoImprovement) {
  ValidationMonitor monitor(Short(), 1.0);
  monitor.Observe(0, 1.0);
  EXPECT_FALSE(monitor.Observe(1, std::nan("")));
  EXPECT_EQ(monitor.best_step(), 0);
}

TEST(ValidationMonitorTest, OptionsOutsideTheirRangeAreNamed) {
  ScheduleOptions options;
  options.plateau_factor = 0;
  EXPECT_STATUS(ValidateSchedule(options), StatusCode::kInvalidArgument, "plateau_factor");
}

}  // namespace
}  // namespace consilium
