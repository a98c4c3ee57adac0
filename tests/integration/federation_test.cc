#include "tests/integration/small_federation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace consilium {
namespace {

TEST(FederationTest, TwoRunsOfTheSamePlanGiveTheSameModelToTheBit) {
  SmallFederation federation(/*rounds=*/2);
  const std::string first = federation.RunUndisturbed("first");
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(federation.RunUndisturbed("second"), first);
}

TEST(FederationTest, AnInterruptedAggregatorExitsWith130AndGoesOnLater) {
  SmallFederation federation(/*rounds=*/1);
  Process aggregator = federation.StartAggregator("run");
  aggregator.Signal(SIGTERM);
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 130);
  EXPECT_THAT(federation.RunUndisturbed("run"), ::testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST(FederationTest, WrongUsageExitsWith2AndOneLine) {
  SmallFederation federation(/*rounds=*/1);
  Process wrong(
      {std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-aggregator", "serve", "--sate", "x"},
      federation.File("wrong"));
  EXPECT_EQ(wrong.Wait(SmallFederation::kPatience), 2);
  EXPECT_THAT(wrong.Errors(), ::testing::StartsWith("consilium-aggregator: invalid argument: "));
  const std::string errors = wrong.Errors();
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  for (const char* program : {"consilium-aggregator", "consilium-site"}) {
    Process version({std::string(CONSILIUM_PROGRAM_DIR) + "/" + program, "--version"},
                    federation.File("version"));
    EXPECT_EQ(version.Wait(SmallFederation::kPatience), 0);
    EXPECT_THAT(version.Output(), ::testing::StartsWith(std::string(program) + " "));
  }
}

}  // namespace
}  // namespace consilium
