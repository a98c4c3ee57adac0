#include "common/federation/strategies/requirements.h"

#include "common/federation/round_engine.h"
#include "tests/support/combined_rounds.h"

namespace consilium {
namespace {

SiteDeclaration Declaring(const std::string& site, const std::vector<std::string>& tasks) {
  SiteDeclaration declaration{SiteId(site), 20, {}, "layout"};
  for (const std::string& task : tasks) declaration.tasks.push_back({TaskId(task), 10, 2});
  return declaration;
}

std::vector<SiteDeclaration> Sites(int both, int prognosis) {
  std::vector<SiteDeclaration> sites;
  for (int i = 0; i < both + prognosis; ++i) {
    const std::string name = "S" + std::to_string(i);
    sites.push_back(i < both ? Declaring(name, {"prognosis", "brixia"})
                             : Declaring(name, {"prognosis"}));
  }
  return sites;
}

RunPlan Plan(const std::string& strategy, int byzantine, int quorum) {
  RunPlan plan = PlanOfStrategy(strategy);
  plan.strategy_options.byzantine = byzantine;
  plan.rounds.quorum = quorum;
  return plan;
}

TEST(RequirementsTest, ARobustStrategyAsksForItsQuorumWhenThePlanIsRead) {
  EXPECT_OK(ValidatePlan(Plan("krum", 2, 7)));
  EXPECT_STATUS(ValidatePlan(Plan("krum", 2, 6)), StatusCode::kInvalidArgument,
                "rounds.quorum: krum with byzantine 2 needs 7 sites, here are 6");
  EXPECT_STATUS(ValidatePlan(Plan("multi-krum", 1, 4)), StatusCode::kInvalidArgument,
                "needs 5 sites");
  for (const std::string name : {"median", "trimmed-mean", "geometric-median"}) {
    EXPECT_OK(ValidatePlan(Plan(name, 2, 5)));
    EXPECT_STATUS(ValidatePlan(Plan(name, 2, 4)), StatusCode::kInvalidArgument, "needs 5 sites");
  }
}

TEST(RequirementsTest, MultiKrumAveragesNoMoreThanItsProofAllows) {
  RunPlan plan = Plan("multi-krum", 2, 8);
  plan.strategy_options.krum_sites = 4;
  EXPECT_OK(ValidatePlan(plan));
  plan.strategy_options.krum_sites = 5;
  EXPECT_STATUS(ValidatePlan(plan), StatusCode::kInvalidArgument,
                "strategy.krum_sites: expected 0 to quorum - byzantine - 2 = 4");
}

TEST(RequirementsTest, WhatDoesNotGoWithABufferIsRefusedWithItsField) {
  const auto refused = [](const auto& change, const std::string& why) {
    RunPlan plan = Plan("fedbuff", 1, 4);
    plan.strategy_options.buffer_size = 6;
    EXPECT_OK(ValidatePlan(plan));
    change(plan);
    EXPECT_STATUS(ValidatePlan(plan), StatusCode::kInvalidArgument, why);
  };
  refused([](RunPlan& plan) { plan.strategy_options.buffer_size = 9; },
          "strategy.buffer_size: expected 1 to expected_sites, found 9 under fedbuff");
  refused([](RunPlan& plan) { plan.rounds.quorum = 7; },
          "strategy.buffer_size: expected quorum or more");
  refused([](RunPlan& plan) { plan.rounds.select_fraction = 0.5; }, "rounds.select_fraction");
  refused([](RunPlan& plan) { plan.weighting = Weighting::kExact; },
          "weighting: expected per-group");
  refused([](RunPlan& plan) { plan.model_codec = "bf16"; }, "model_codec: expected fp32");
  for (const std::string codec : {"int8", "top-1%+difference"}) {
    refused([&](RunPlan& plan) { plan.codec = codec; }, "codec: expected fp32 or bf16");
  }
}

TEST(RequirementsTest, AHeadWithTooFewHoldersIsNamed) {
  EXPECT_OK(CheckHolders(HoldersNeeded(Plan("median", 1, 3)), Sites(3, 2)));
  EXPECT_STATUS(CheckHolders(HoldersNeeded(Plan("median", 1, 3)), Sites(2, 3)),
                StatusCode::kInvalidArgument,
                "task 'brixia': median with byzantine 1 needs 3 sites, here are 2");
}

TEST(RequirementsTest, KrumChoosesOnTheBackboneAndAsksNothingOfHeads) {
  EXPECT_OK(CheckHolders(HoldersNeeded(Plan("krum", 1, 5)), Sites(1, 4)));
  EXPECT_STATUS(CheckHolders(HoldersNeeded(Plan("krum", 1, 5)), Sites(1, 3)),
                StatusCode::kInvalidArgument,
                "the backbone: krum with byzantine 1 needs 5 sites, here are 4");
}

TEST(RequirementsTest, HeadsThatStayLocalAskForNothing) {
  RunPlan plan = Plan("median", 1, 3);
  plan.heads = HeadsMode::kLocal;
  EXPECT_OK(CheckHolders(HoldersNeeded(plan), Sites(1, 3)));
}

TEST(RequirementsTest, ARunThatCannotBeginRefusesTheLastToJoinAndGoesOnWithAnother) {
  const RunPlan plan = Plan("median", 1, 3);
  RoundEngine::Options options;
  options.tasks = plan.tasks;
  options.rounds.expected_sites = 3;
  options.needs = HoldersNeeded(plan);
  RoundEngine engine(options);
  const Timestamp now{1};
  engine.Step({now, RunOpened{{"digest", 1, 0}}});
  engine.Step({now, SiteJoined{Declaring("A", {"brixia"})}});
  engine.Step({now, SiteJoined{Declaring("B", {"brixia"})}});
  const auto refused = engine.Step({now, SiteJoined{Declaring("C", {"prognosis"})}});
  EXPECT_STATUS(
      std::get<Reject>(refused.at(0)).reason, StatusCode::kInvalidArgument,
      "site C: the run cannot begin: task 'brixia': median with byzantine 1 needs 3 sites, "
      "here are 2");
  EXPECT_EQ(engine.sites().size(), 2U);
  engine.Step({now, SiteJoined{Declaring("D", {"brixia"})}});
  EXPECT_EQ(engine.phase(), RoundPhase::kTraining);
}

}  // namespace
}  // namespace consilium
