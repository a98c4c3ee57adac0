#include "common/federation/run_plan.h"

#include "tests/support/status_matchers.h"

#include <functional>
#include <limits>

namespace consilium {
namespace {

RunPlan GoodPlan() {
  RunPlan plan;
  plan.run = RunId("first-run");
  plan.tasks = {PrognosisTask()};
  return plan;
}

TEST(RunPlanTest, TheDefaultsAreValidOnceARunAndATaskAreNamed) {
  EXPECT_OK(ValidatePlan(GoodPlan()));
}

TEST(RunPlanTest, EveryFaultNamesItsField) {
  const std::vector<std::pair<std::string, std::function<void(RunPlan&)>>> faults = {
      {"run", [](RunPlan& plan) { plan.run = RunId("../x"); }},
      {"run", [](RunPlan& plan) { plan.run = RunId(".."); }},
      {"tasks", [](RunPlan& plan) { plan.tasks.clear(); }},
      {"tasks", [](RunPlan& plan) { plan.tasks.push_back(PrognosisTask()); }},
      {"tasks", [](RunPlan& plan) { plan.tasks[0].id = TaskId("a.b"); }},
      {"tasks", [](RunPlan& plan) { plan.tasks[0].classes = {"only"}; }},
      {"backbone", [](RunPlan& plan) { plan.backbone = ""; }},
      {"image_size", [](RunPlan& plan) { plan.image_size = 0; }},
      {"validation_fraction", [](RunPlan& plan) { plan.validation_fraction = 1; }},
      {"strategy", [](RunPlan& plan) { plan.strategy = "luck"; }},
      {"codec", [](RunPlan& plan) { plan.codec = ""; }},
      {"codec", [](RunPlan& plan) { plan.codec = "raw"; }},
      {"model_codec", [](RunPlan& plan) { plan.model_codec = ""; }},
      {"model_codec", [](RunPlan& plan) { plan.model_codec = "int8"; }},
      {"codec", [](RunPlan& plan) { plan.codec = "bf16+zstd", plan.model_codec = "bf16"; }},
      {"training.learning_rate", [](RunPlan& plan) { plan.training.learning_rate = 0; }},
      {"training.learning_rate",
       [](RunPlan& plan) {
         plan.training.learning_rate = std::numeric_limits<double>::quiet_NaN();
       }},
      {"training.weight_decay", [](RunPlan& plan) { plan.training.weight_decay = -1; }},
      {"training.momentum", [](RunPlan& plan) { plan.training.momentum = 0.9; }},
      {"training.batch_size", [](RunPlan& plan) { plan.training.batch_size = 0; }},
      {"training.dropout", [](RunPlan& plan) { plan.training.dropout = 1; }},
      {"rounds.rounds", [](RunPlan& plan) { plan.rounds.rounds = 0; }},
      {"rounds.local_epochs", [](RunPlan& plan) { plan.rounds.local_epochs = 0; }},
      {"rounds.quorum", [](RunPlan& plan) { plan.rounds.quorum = 3; }},
      {"rounds.evaluate_every", [](RunPlan& plan) { plan.rounds.evaluate_every = 0; }},
      {"rounds.smallest_usable_share",
       [](RunPlan& plan) { plan.rounds.smallest_usable_share = 1.1; }},
      {"rounds.select_fraction", [](RunPlan& plan) { plan.rounds.select_fraction = 0; }},
      {"rounds.select_fraction", [](RunPlan& plan) { plan.rounds.select_fraction = 1.5; }},
      {"rounds.select_sites", [](RunPlan& plan) { plan.rounds.select_sites = {SiteId("A")}; }},
      {"rounds.select_sites",
       [](RunPlan& plan) {
         plan.rounds.select_sites = {SiteId("A"), SiteId("B")};
         plan.rounds.select_fraction = 0.5;
       }},
      {"rounds.evaluation_sites: '../A'",
       [](RunPlan& plan) { plan.rounds.evaluation_sites = {SiteId("../A")}; }},
      {"rounds.evaluation_sites: 'A'",
       [](RunPlan& plan) {
         plan.rounds.evaluation_sites = {SiteId("A"), SiteId("A")};
       }},
      {"rounds.evaluation_sites",
       [](RunPlan& plan) {
         plan.heads = HeadsMode::kLocal;
         plan.rounds.evaluation_sites = {SiteId("A")};
       }},
      {"rounds.smallest_usable_share",
       [](RunPlan& plan) {
         plan.rounds.smallest_usable_share = std::numeric_limits<double>::quiet_NaN();
       }},
      {"rounds.deadline", [](RunPlan& plan) { plan.rounds.deadline = Millis{0}; }},
      {"schedule", [](RunPlan& plan) { plan.schedule.stop_patience = 0; }},
  };
  for (const auto& [field, spoil] : faults) {
    RunPlan plan = GoodPlan();
    spoil(plan);
    EXPECT_STATUS(ValidatePlan(plan), StatusCode::kInvalidArgument, field);
  }
}

TEST(RunPlanTest, EveryChoiceIsReadAsItIsWritten) {
  for (const HeadsMode mode : {HeadsMode::kLocal, HeadsMode::kShared}) {
    EXPECT_EQ(*ParseHeadsMode(ToString(mode)), mode);
  }
  for (const Weighting weighting : {Weighting::kPerGroup, Weighting::kExact}) {
    EXPECT_EQ(*ParseWeighting(ToString(weighting)), weighting);
  }
  for (const NormalisationMode mode : {NormalisationMode::kShared, NormalisationMode::kLocal}) {
    EXPECT_EQ(*ParseNormalisationMode(ToString(mode)), mode);
  }
  for (const Reduction reduction : {Reduction::kLabelled, Reduction::kBatch}) {
    EXPECT_EQ(*ParseReduction(ToString(reduction)), reduction);
  }
  for (const Optimizer optimizer : {Optimizer::kAdam, Optimizer::kAdamW, Optimizer::kSgd}) {
    EXPECT_EQ(*ParseOptimizer(ToString(optimizer)), optimizer);
  }
  EXPECT_STATUS(ParseHeadsMode("shard"), StatusCode::kInvalidArgument,
                "heads: 'shard' is unknown, expected local or shared");
}

TEST(RunPlanTest, HeadsAndStatisticsTravelOnlyWhereTheyAreShared) {
  const EntrySpec trunk{"backbone.conv1.weight"};
  const EntrySpec head{"heads.prognosis.0.weight"};
  const EntrySpec mean{"backbone.bn1.running_mean"};
  const EntrySpec counter{"backbone.bn1.num_batches_tracked"};
  RunPlan plan = GoodPlan();
  plan.heads = HeadsMode::kLocal;
  plan.normalisation = NormalisationMode::kShared;
  EXPECT_TRUE(IsShared(plan, trunk));
  EXPECT_FALSE(IsShared(plan, head));
  EXPECT_TRUE(IsShared(plan, mean));
  plan.heads = HeadsMode::kShared;
  plan.normalisation = NormalisationMode::kLocal;
  EXPECT_TRUE(IsShared(plan, trunk));
  EXPECT_TRUE(IsShared(plan, head));
  EXPECT_FALSE(IsShared(plan, mean));
  EXPECT_FALSE(IsShared(plan, counter));
}

}  // namespace
}  // namespace consilium
