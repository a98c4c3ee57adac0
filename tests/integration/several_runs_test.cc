#include "tests/integration/operator_console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <utility>

namespace consilium {
namespace {

using ::testing::HasSubstr;

class SeveralRunsTest : public ::testing::Test {
 protected:
  void Queue(const std::string& run, const std::function<void(RunPlan&)>& change) {
    const Answer started = Ask(federation_, "carol",
                               {"runs", "start", "--run", federation_.WritePlan(run, change),
                                "--model", federation_.File("init.safetensors")});
    EXPECT_EQ(started.code, 0) << started.errors;
  }

  std::string Exported(const std::string& run) {
    const std::string name = "exported" + std::to_string(exported_++);
    const Answer exported =
        Ask(federation_, "carol",
            {"model", "export", run, "--out", federation_.File(name + ".safetensors")});
    return exported.code == 0 ? federation_.ResultDigest(name) : exported.errors;
  }

  std::string Events() { return Ask(federation_, "carol", {"events", "follow", "--past"}).output; }

  static void Stop(Process& process) {
    process.Signal(SIGTERM);
    EXPECT_EQ(process.Wait(SmallFederation::kPatience), 130) << process.Errors();
  }

  SmallFederation federation_{/*rounds=*/3};
  int exported_ = 0;
};

TEST_F(SeveralRunsTest, TwoRunsAtOnceGiveTheModelsOfRunsOneAfterTheOtherAlsoAcrossAKill) {
  const auto queue_both = [this] {
    Queue("first", [](RunPlan&) {});
    Queue("second", [](RunPlan& plan) { plan.seed += 1; });
  };
  std::pair<std::string, std::string> alone;
  {
    Process aggregator = federation_.StartAggregator("alone", /*with_run=*/false);
    queue_both();
    Process a = federation_.StartWaitingSite("A", "alone.A");
    Process b = federation_.StartWaitingSite("B", "alone.B");
    ASSERT_TRUE(Reaches(federation_, "second", "finished")) << a.Errors() << b.Errors();
    alone = {Exported("first"), Exported("second")};
    for (Process* process : {&a, &b, &aggregator}) Stop(*process);
  }
  EXPECT_THAT(alone.first, ::testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_NE(alone.first, alone.second);

  Process aggregator = federation_.StartAggregator("both", /*with_run=*/false, 2);
  queue_both();
  ASSERT_TRUE(Reaches(federation_, "second", "waiting"));
  Process a = federation_.StartWaitingSite("A", "both.A", 2);
  Process b = federation_.StartWaitingSite("B", "both.B", 2);
  ASSERT_TRUE(Eventually(
      [&] { return aggregator.Output().find("run second: running") != std::string::npos; },
      SmallFederation::kPatience))
      << a.Errors() << b.Errors();
  const std::string until_kill = aggregator.Output();
  EXPECT_THAT(until_kill, HasSubstr("run first: running"));
  EXPECT_THAT(until_kill, ::testing::Not(HasSubstr("run first: finished")));
  aggregator.Kill();
  aggregator = federation_.StartAggregator("both", /*with_run=*/false, 2);
  ASSERT_TRUE(Reaches(federation_, "first", "finished")) << a.Errors() << b.Errors();
  ASSERT_TRUE(Reaches(federation_, "second", "finished")) << a.Errors() << b.Errors();
  EXPECT_EQ(Exported("first"), alone.first);
  EXPECT_EQ(Exported("second"), alone.second);
  for (Process* process : {&a, &b, &aggregator}) Stop(*process);
}

TEST_F(SeveralRunsTest, SitesOfAPausedRunTakePartInTheNextAndGoBackToIt) {
  Process aggregator = federation_.StartAggregator("queue", /*with_run=*/false);
  Queue("first", [](RunPlan&) {});
  ASSERT_TRUE(Reaches(federation_, "first", "waiting"));
  Process a = federation_.StartWaitingSite("A", "queue.A");
  Process b = federation_.StartWaitingSite("B", "queue.B");
  ASSERT_TRUE(Reaches(federation_, "first", "running"));
  EXPECT_EQ(Ask(federation_, "carol", {"runs", "pause", "first"}).code, 0);
  Queue("second", [](RunPlan& plan) { plan.rounds.rounds = 1; });
  ASSERT_TRUE(Reaches(federation_, "second", "finished")) << a.Errors() << b.Errors();
  EXPECT_TRUE(Reaches(federation_, "first", "paused"));
  EXPECT_EQ(Ask(federation_, "carol", {"runs", "resume", "first"}).code, 0);
  EXPECT_TRUE(Reaches(federation_, "first", "finished")) << a.Errors() << b.Errors();
  for (Process* process : {&a, &b, &aggregator}) Stop(*process);
}

TEST_F(SeveralRunsTest, AWaitingSiteThatAbstainsSaysSoOnceAndTakesPartInTheNextRun) {
  const std::string images = federation_.GiveCohort("A");
  for (int i = 0; i < 16; ++i) {  // of twelve images with a score, eight
    const std::string image = std::string(images).append("/image").append(std::to_string(i));
    if (i % 4 < 2) std::filesystem::remove(image + ".png");
  }
  Process aggregator = federation_.StartAggregator("queue", /*with_run=*/false);
  Queue("strict", [](RunPlan& plan) { plan.rounds.rounds = 1; });
  Queue("lenient", [](RunPlan& plan) {
    plan.rounds.rounds = 1;
    plan.rounds.smallest_usable_share = 0;
  });
  Process a = federation_.StartWaitingSite("A", "queue.A");
  Process b = federation_.StartWaitingSite("B", "queue.B");
  ASSERT_TRUE(Reaches(federation_, "lenient", "finished")) << a.Errors() << b.Errors();
  EXPECT_TRUE(Reaches(federation_, "strict", "incomplete")) << Events();
  const std::string said = "run strict: takes no part: ";
  const std::string log = a.Output();
  const std::size_t first = log.find(said);
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find(said, first + 1), std::string::npos) << log;
  EXPECT_THAT(log, HasSubstr("the site abstains from this run; waits for other runs"));
  for (Process* process : {&a, &b, &aggregator}) Stop(*process);
}

}  // namespace
}  // namespace consilium
