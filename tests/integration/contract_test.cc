/// The contract before round 0, with real daemons: what a site declares is held against the run before
/// any model moves.

#include "tests/integration/operator_console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>

namespace consilium {
namespace {

using ::testing::HasSubstr;

class ContractTest : public ::testing::Test {
 protected:
  void Queue(const std::string& run, const std::function<void(RunPlan&)>& change) {
    const Answer started = Ask(federation_, "carol",
                               {"runs", "start", "--run", federation_.WritePlan(run, change),
                                "--model", federation_.File("init.safetensors")});
    EXPECT_EQ(started.code, 0) << started.errors;
  }
  Answer Show(const std::string& run) { return Ask(federation_, "carol", {"runs", "show", run}); }
  bool Shows(const std::string& run, const std::string& text) {
    return Eventually([&] { return Show(run).output.find(text) != std::string::npos; },
                      SmallFederation::kPatience);
  }
  static void Stop(Process& process) {
    process.Signal(SIGTERM);
    EXPECT_EQ(process.Wait(SmallFederation::kPatience), 130) << process.Errors();
  }

  SmallFederation federation_{/*rounds=*/2};
};

TEST_F(ContractTest, ASiteThatContradictsARunIsRefusedBeforeAnyModelMovesAndWaitsForTheNext) {
  Process aggregator = federation_.StartAggregator("queue", /*with_run=*/false);
  int size = 0;
  Queue("large", [&size](RunPlan& plan) {
    size = plan.image_size;
    plan.image_size = 2 * size;
  });
  Process a = federation_.StartWaitingSite("A", "queue.A");
  Process b = federation_.StartWaitingSite("B", "queue.B");
  const std::string why = "image_size: its images have " + std::to_string(size) +
                          " pixels a side, expected the run's " + std::to_string(2 * size);
  EXPECT_TRUE(Shows("large", "refused: " + why)) << Show("large").output << a.Errors();
  EXPECT_TRUE(Eventually([&] { return a.Output().find("site A: " + why) != std::string::npos; },
                         SmallFederation::kPatience))
      << a.Output();
  for (const std::string site : {"A", "B"}) {
    const std::string downloads = federation_.File("queue." + site + "/large/download");
    EXPECT_TRUE(!std::filesystem::exists(downloads) || std::filesystem::is_empty(downloads));
  }
  EXPECT_EQ(Ask(federation_, "carol", {"runs", "cancel", "large"}).code, 0);
  Queue("fitting", [](RunPlan&) {});
  ASSERT_TRUE(Reaches(federation_, "fitting", "finished")) << a.Errors() << b.Errors();
  const auto rounds = nlohmann::json::parse(
      Ask(federation_, "carol", {"rounds", "show", "fitting", "--json"}).output);
  ASSERT_EQ(rounds.size(), 2U);
  for (const auto& site : rounds[1]["sites"]) {
    EXPECT_EQ(site["standing"], "in");
    EXPECT_GT(site["seconds"], 0);
  }
  for (Process* process : {&a, &b, &aggregator}) Stop(*process);
}

TEST_F(ContractTest, ASiteWhoseLabelsAreNoneOfTheRunsSaysThatItStaysAway) {
  const std::string images = federation_.GiveCohort("A");
  Process aggregator = federation_.StartAggregator("queue", /*with_run=*/false);
  Queue("other", [](RunPlan& plan) {
    for (TaskSpec& task : plan.tasks) {
      if (task.kind == TaskKind::kClasses) task.classes = {"home", "ward"};
    }
  });
  Process a = federation_.StartWaitingSite("A", "queue.A");
  EXPECT_TRUE(Shows("other", "refused: data: cannot be prepared for this run"))
      << Show("other").output << a.Errors();
  EXPECT_THAT(Show("other").output, ::testing::Not(HasSubstr(".csv"))) << "files are the site's";
  for (Process* process : {&a, &aggregator}) Stop(*process);
}

}  // namespace
}  // namespace consilium
