#include "tests/integration/small_federation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace consilium {
namespace {

/// Waits until `process` has logged `line`; false if it ended before.
bool Logs(Process& process, const std::string& line) {
  const auto logged = [&] { return process.Output().find(line) != std::string::npos; };
  return Eventually([&] { return logged() || process.Wait(Millis(0)).has_value(); },
                    SmallFederation::kPatience) &&
         logged();
}

TEST(CrashTest, ARunGoesOnWithoutASiteThatIsKilledInARound) {
  SmallFederation federation(/*rounds=*/3, /*lease=*/Millis(5'000));
  Process aggregator = federation.StartAggregator("run");
  Process a = federation.StartSite("A", "A");
  Process b = federation.StartSite("B", "B");
  ASSERT_TRUE(Logs(aggregator, "round 1 started")) << aggregator.Output() << aggregator.Errors();
  b.Kill();
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 0) << aggregator.Output();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_THAT(aggregator.Output(), ::testing::HasSubstr("site B lost"));
  EXPECT_THAT(federation.ResultDigest("run"), ::testing::MatchesRegex("[0-9a-f]{64}"));
}

/// Whether a site has left a checkpoint in its folder of the run.
bool HasCheckpoint(const std::string& state) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(state + "/small", none)) {
    if (entry.path().extension() == ".checkpoint") return true;
  }
  return false;
}

TEST(CrashTest, ASiteThatIsKilledInARoundGoesOnFromItsLastEpochToTheSameModel) {
  SmallFederation federation(/*rounds=*/1, /*lease=*/Millis(60'000), HeadsMode::kLocal,
                             /*local_epochs=*/10);
  const std::string expected = federation.RunUndisturbed("undisturbed");
  ASSERT_THAT(expected, ::testing::MatchesRegex("[0-9a-f]{64}"));

  Process aggregator = federation.StartAggregator("killed");
  Process a = federation.StartSite("A", "killed.A");
  Process b = federation.StartSite("B", "killed.B");
  const std::string state = federation.File("killed.B");
  ASSERT_TRUE(Eventually([&] { return HasCheckpoint(state); }, SmallFederation::kPatience));
  b.Kill();
  b = federation.StartSite("B", "killed.B");
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 0) << aggregator.Errors();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_EQ(b.Wait(SmallFederation::kPatience), 0) << b.Errors();
  EXPECT_THAT(b.Output(), ::testing::HasSubstr("train: goes on after epoch "));
  EXPECT_EQ(federation.ResultDigest("killed"), expected);
  EXPECT_FALSE(HasCheckpoint(state));
}

TEST(CrashTest, AnAggregatorThatIsKilledAgainAndAgainEndsWithTheSameModel) {
  SmallFederation federation(/*rounds=*/2);
  const std::string expected = federation.RunUndisturbed("undisturbed");
  ASSERT_THAT(expected, ::testing::MatchesRegex("[0-9a-f]{64}"));

  Process aggregator = federation.StartAggregator("killed");
  Process a = federation.StartSite("A", "killed.A");
  ASSERT_TRUE(Logs(aggregator, "site A joined"));
  aggregator.Kill();
  aggregator = federation.StartAggregator("killed");
  Process b = federation.StartSite("B", "killed.B");
  // Each one lives until it has taken the run a step further.
  for (int kills = 0; kills < 5 && Logs(aggregator, "round "); ++kills) {
    aggregator.Kill();
    aggregator = federation.StartAggregator("killed");
  }
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 0) << aggregator.Errors();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_EQ(b.Wait(SmallFederation::kPatience), 0) << b.Errors();
  EXPECT_EQ(federation.ResultDigest("killed"), expected) << a.Output() << b.Output();
}

TEST(CrashTest, AnAggregatorThatIsKilledWithAnUpdateInItsBufferEndsWithTheSameModel) {
  SmallFederation federation(/*rounds=*/3);
  federation.WritePlan("run", [](RunPlan& plan) {
    plan.strategy = "fedbuff";
    plan.strategy_options.buffer_size =
        2;  // of two sites: the sum of both is the same in any order
  });
  const std::string expected = federation.RunUndisturbed("undisturbed");
  ASSERT_THAT(expected, ::testing::MatchesRegex("[0-9a-f]{64}"));

  Process aggregator = federation.StartAggregator("killed");
  Process a = federation.StartSite("A", "killed.A");
  Process b = federation.StartSite("B", "killed.B");
  int kills = 0;
  for (; kills < 2 && Logs(aggregator, "1 in the buffer of round "); ++kills) {
    aggregator.Kill();
    aggregator = federation.StartAggregator("killed");
  }
  EXPECT_EQ(kills, 2);
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 0) << aggregator.Errors();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_EQ(b.Wait(SmallFederation::kPatience), 0) << b.Errors();
  EXPECT_EQ(federation.ResultDigest("killed"), expected) << a.Output() << b.Output();
}

}  // namespace
}  // namespace consilium
