#include "tests/integration/operator_console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace consilium {
namespace {

using ::testing::HasSubstr;

bool Logged(const Process& process, const std::string& line) {
  return Eventually([&] { return process.Output().find(line) != std::string::npos; },
                    SmallFederation::kPatience);
}

TEST(BackupTest, ARestoredAggregatorGoesOnWithSitesThatAreAheadAndGivesTheSameModel) {
  // Shared heads: a round that is trained twice from one model gives one update.
  SmallFederation federation(/*rounds=*/4, /*lease=*/Millis(60'000), HeadsMode::kShared);
  const std::string expected = federation.RunUndisturbed("undisturbed");
  ASSERT_THAT(expected, ::testing::MatchesRegex("[0-9a-f]{64}"));

  Process aggregator = federation.StartAggregator("lost", /*with_run=*/false);
  ASSERT_EQ(Ask(federation, "carol",
                {"runs", "start", "--run", federation.File("run.yaml"), "--model",
                 federation.File("init.safetensors")})
                .code,
            0);
  ASSERT_TRUE(Reaches(federation, "small", "waiting"));
  Process a = federation.StartSite("A", "lost.A");
  Process b = federation.StartSite("B", "lost.B");
  ASSERT_TRUE(Logged(aggregator, "round 1 started")) << a.Errors() << b.Errors();
  const Answer taken =
      Ask(federation, "carol", {"--json", "backup", "--out", federation.File("backup")});
  ASSERT_EQ(taken.code, 0) << taken.errors;
  EXPECT_THAT(taken.output, HasSubstr("\"state\":\"running\""));
  EXPECT_THAT(taken.errors, HasSubstr("backup: 100 %"));
  // The aggregator's machine is lost once the run has gone on.
  ASSERT_TRUE(Logged(aggregator, "round 2 started") ||
              Logged(aggregator, "finished: all rounds are done"));
  aggregator.Kill();

  const Answer restored =
      Ask(federation, "carol",
          {"restore", federation.File("backup"), "--state", federation.File("restored.state")});
  ASSERT_EQ(restored.code, 0) << restored.errors;
  EXPECT_THAT(restored.output, HasSubstr("run small: running, round "));
  aggregator = federation.StartAggregator("restored", /*with_run=*/false);
  ASSERT_TRUE(Reaches(federation, "small", "finished")) << a.Errors() << b.Errors();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_EQ(b.Wait(SmallFederation::kPatience), 0) << b.Errors();
  ASSERT_EQ(Ask(federation, "carol",
                {"model", "export", "small", "--out", federation.File("exported.safetensors")})
                .code,
            0);
  EXPECT_EQ(federation.ResultDigest("exported"), expected) << a.Output() << b.Output();

  const Answer again =
      Ask(federation, "carol",
          {"restore", federation.File("backup"), "--state", federation.File("restored.state")});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.errors, HasSubstr("restored.state: is not empty"));
  aggregator.Signal(SIGTERM);
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 130);
}

TEST(BackupTest, ADamagedBackupIsRefusedWithTheFilesName) {
  SmallFederation federation(/*rounds=*/1);
  Process aggregator = federation.StartAggregator("whole", /*with_run=*/false);
  ASSERT_EQ(Ask(federation, "carol",
                {"runs", "start", "--run", federation.File("run.yaml"), "--model",
                 federation.File("init.safetensors")})
                .code,
            0);
  const Answer taken = Ask(federation, "carol", {"backup", "--out", federation.File("backup")});
  ASSERT_EQ(taken.code, 0) << taken.errors;
  const std::string model = "runs/small/blobs/first/model.safetensors";
  {
    std::fstream file(federation.File("backup/state/" + model),
                      std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file.is_open());
    file.seekp(5'000);
    file.put('X');
  }
  const Answer refused =
      Ask(federation, "carol",
          {"restore", federation.File("backup"), "--state", federation.File("restored.state")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.errors, HasSubstr(model + ": is damaged"));
  EXPECT_THAT(Ask(federation, "A", {"backup", "--out", federation.File("stolen")}).errors,
              HasSubstr("'A' is a site's certificate"));
}

}  // namespace
}  // namespace consilium
