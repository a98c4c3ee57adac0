#include "tests/integration/small_federation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <utility>

namespace consilium {
namespace {

using ::testing::HasSubstr;

/// What an operator's console says to `command`.
struct Answer {
  int code = -1;
  std::string output;
  std::string errors;
};
Answer Ask(const SmallFederation& federation, const std::string& certificate,
           std::vector<std::string> command) {
  std::vector<std::string> arguments;
  const auto add = [&](const char* option, std::string value) {
    arguments.emplace_back(option);
    arguments.push_back(std::move(value));
  };
  arguments.push_back(std::string(CONSILIUM_PROGRAM_DIR).append("/consilium-admin"));
  add("--aggregator", std::string("127.0.0.1:").append(std::to_string(federation.port())));
  add("--ca", federation.Certificate("ca.crt"));
  add("--cert", federation.Certificate(certificate + ".crt"));
  add("--key", federation.Certificate(certificate + ".key"));
  arguments.insert(arguments.end(), command.begin(), command.end());
  Process process(arguments, federation.File("admin"));
  const int code = process.Wait(SmallFederation::kPatience).value_or(-1);
  return {code, process.Output(), process.Errors()};
}

bool Reaches(const SmallFederation& federation, const std::string& state) {
  return Eventually(
      [&] {
        const Answer shown = Ask(federation, "carol", {"--json", "runs", "show", "small"});
        return shown.output.find(std::string("\"state\":\"").append(state).append("\"")) !=
               std::string::npos;
      },
      SmallFederation::kPatience);
}

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
  ASSERT_TRUE(Reaches(federation, "waiting"));

  // Killed and started again, the aggregator knows its runs.
  aggregator.Kill();
  aggregator = federation.StartAggregator("queue", /*with_run=*/false);
  ASSERT_TRUE(Reaches(federation, "waiting"));

  Process a = federation.StartSite("A", "queue.A");
  Process b = federation.StartSite("B", "queue.B");
  ASSERT_TRUE(Reaches(federation, "finished")) << a.Errors() << b.Errors();
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
