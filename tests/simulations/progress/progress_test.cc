#include "simulations/progress/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace consilium {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgressTest : public ::testing::Test {
 protected:
  Progress::Options Options(bool terminal) {
    Progress::Options options;
    options.out = &out_;
    options.terminal = terminal;
    options.clock = &clock_;
    return options;
  }
  SimulatedClock clock_;
  std::ostringstream out_;
};

TEST_F(ProgressTest, PlainLinesComeAtMostOncePerInterval) {
  Progress progress(Options(false));
  progress.Plan(100, 0, 2, 0);
  progress.JobStarted(0, "leaving out A: stl", 50);
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(Millis(100));
    progress.JobStep(0, i / 100.0, "epoch 1/2");
  }
  const std::string text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, HasSubstr("leaving out A: stl, epoch 1/2"));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST_F(ProgressTest, TimeLeftFollowsTheWorkDone) {
  Progress progress(Options(false));
  progress.Plan(100, 0, 2, 0);
  progress.JobStarted(0, "job", 50);
  clock_.Advance(Millis(30'000));
  progress.JobStep(0, 0.5, "round 1/2");
  EXPECT_EQ(out_.str(), "25 %  job, round 1/2  2 min left\n");
}

TEST_F(ProgressTest, WorkOfAnEarlierProcessDoesNotMakeItLookFaster) {
  Progress progress(Options(false));
  progress.Plan(100, 50, 2, 1);
  progress.JobStarted(1, "job", 50);
  clock_.Advance(Millis(30'000));
  progress.JobStep(1, 0.5, "round 1/2");
  EXPECT_EQ(out_.str(), "75 %  job, round 1/2  30 s left\n");
}

TEST_F(ProgressTest, AFinishedJobIsALineOfItsOwn) {
  Progress progress(Options(false));
  progress.Plan(100, 0, 2, 0);
  progress.JobStarted(0, "job", 50);
  progress.JobFinished(0, "accuracy 0.700");
  EXPECT_EQ(out_.str(), "[1/2] job: accuracy 0.700\n");
}

TEST_F(ProgressTest, TheBarOfATerminalFitsItsWidth) {
  Progress::Options options = Options(true);
  options.width = 50;
  Progress progress(options);
  progress.Plan(100, 0, 2, 0);
  progress.JobStarted(0, "leaving out a center with a very long name: mdmt-federated", 50);
  const std::string text = out_.str();
  EXPECT_LT(text.size() - text.rfind("\033[K") - 3, 50U);
  EXPECT_THAT(text, HasSubstr("[>-------------------] 0 %  leaving out"));
}

TEST(FormatDurationTest, RoundsUpToWhatAPersonReads) {
  EXPECT_EQ(FormatDuration(Millis(44'100)), "45 s");
  EXPECT_EQ(FormatDuration(Millis(61'000)), "2 min");
  EXPECT_EQ(FormatDuration(Millis(3'900'000)), "1 h 05 min");
}

}  // namespace
}  // namespace consilium
