#include "tests/integration/operator_console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace consilium {
namespace {

using ::testing::HasSubstr;

TEST(AdminTest, ARunStartedByAnOperatorGivesTheModelOfTheSamePlanServedAlone) {
  SmallFederation federation(/*rounds=*/2);
  const std::string expected = federation.RunUndisturbed("alone");
  ASSERT_THAT(expected, ::testing::MatchesRegex("[0-9a-f]{64}"));

  Process aggregator = federation.StartAggregator("queue", /*with_run=*/false);
  const Answer refused = Ask(federation, "A", {"runs", "list"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("'A' is a site's certificate"));

  const Answer started = Ask(federation, "carol",
                             {"runs", "start", "--run", federation.File("run.yaml"), "--model",
                              federation.File("init.safetensors")});
  ASSERT_EQ(started.code, 0) << started.errors;
  EXPECT_EQ(started.output, "run small: queued\n");
  ASSERT_TRUE(Reaches(federation, "small", "waiting"));

  // Killed and started again, the aggregator knows its runs.
  aggregator.Kill();
  aggregator = federation.StartAggregator("queue", /*with_run=*/false);
  ASSERT_TRUE(Reaches(federation, "small", "waiting"));

  Process a = federation.StartSite("A", "queue.A");
  Process b = federation.StartSite("B", "queue.B");
  ASSERT_TRUE(Reaches(federation, "small", "finished")) << a.Errors() << b.Errors();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_EQ(b.Wait(SmallFederation::kPatience), 0) << b.Errors();

  const Answer exported =
      Ask(federation, "carol",
          {"model", "export", "small", "--out", federation.File("exported.safetensors")});
  EXPECT_EQ(exported.code, 0) << exported.errors;
  EXPECT_EQ(federation.ResultDigest("exported"), expected);

  const Answer rounds = Ask(federation, "carol", {"rounds", "show", "small"});
  EXPECT_THAT(rounds.output, HasSubstr("ROUND"));
  EXPECT_THAT(rounds.output, ::testing::Not(HasSubstr("late")));
  const Answer events = Ask(federation, "carol", {"events", "follow", "--past"});
  EXPECT_THAT(events.output, HasSubstr("finished: all rounds are done"));

  aggregator.Signal(SIGTERM);
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 130);
}

}  // namespace
}  // namespace consilium
