#include "common/config/run_config.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

constexpr std::string_view kSmall = "run: r\ntasks: [prognosis]\n";

TEST(RunConfigTest, TheExampleIsTheDefaultsWithBothTasks) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan plan, ReadRunPlan(CONSILIUM_CONFIG_DIR "/run.yaml"));
  RunPlan expected;
  expected.run = RunId("example");
  expected.tasks = {PrognosisTask(), *BrixiaTask("zones")};
  EXPECT_EQ(plan, expected);
}

TEST(RunConfigTest, MissingKeysKeepTheirDefaults) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan plan, ParseRunPlan(kSmall, "f"));
  EXPECT_EQ(plan.training, TrainingOptions());
  EXPECT_EQ(plan.rounds, RoundOptions());
  EXPECT_EQ(plan.schedule, ScheduleOptions());
}

TEST(RunConfigTest, JsonIsReadToo) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan plan,
                                 ParseRunPlan(R"({"run": "r", "tasks": ["brixia-lungs"]})", "f"));
  EXPECT_EQ(plan.tasks.at(0), *BrixiaTask("lungs"));
}

TEST(RunConfigTest, WhatIsWrittenIsReadBackEqual) {
  RunPlan plan;
  plan.run = RunId("all.different-1");
  TaskSpec own;
  own.id = TaskId("view");
  own.classes = {"lateral", "true", "12"};
  own.weight = 1.0 / 3;
  plan.tasks = {own, *BrixiaTask("global"), *BrixiaTask("lungs")};
  plan.tasks[2].id = TaskId("lungs");
  plan.backbone = "mobilenet_v2";
  plan.image_size = 64;
  plan.seed = 0xFFFF'FFFF'FFFF'FFFF;
  plan.validation_fraction = 0.1 + 0.2;
  plan.heads = HeadsMode::kShared;
  plan.weighting = Weighting::kExact;
  plan.normalisation = NormalisationMode::kLocal;
  plan.training = {Optimizer::kSgd,
                   1.0 / 7,
                   1e-17,
                   0.5,
                   7,
                   true,
                   false,
                   0.25,
                   true,
                   true,
                   Reduction::kBatch,
                   {{"backbone.layer1", 0.1}, {"heads", 3}},
                   2};
  plan.strategy = "fedyogi";
  plan.strategy_options.tau = 1.0 / 3;
  plan.strategy_options.beta1 = 0;
  plan.rounds = {3, 2, 5, 4, Millis(1'234), Millis(567), 6, 0.25, {}, 1.0 / 3, {}};
  plan.schedule = {1, 2, 0.7, 1e-12, 3};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan read, ParseRunPlan(FormatRunPlan(plan), "f"));
  EXPECT_EQ(read, plan);
}

TEST(RunConfigTest, WhatOlderVersionsDidNotKnowIsWrittenOnlyIfItIsNotTheDefault) {
  RunPlan plan;
  plan.run = RunId("begun-by-an-older-version");
  plan.tasks = {PrognosisTask()};
  EXPECT_EQ(FormatRunPlan(plan).find("evaluate_every"), std::string::npos);
  plan.rounds.evaluate_every = 2;
  EXPECT_NE(FormatRunPlan(plan).find("evaluate_every: 2"), std::string::npos);
  EXPECT_EQ(FormatRunPlan(plan).find("smallest_usable_share"), std::string::npos);
  EXPECT_EQ(FormatRunPlan(plan).find("evaluation_sites"), std::string::npos);
  EXPECT_EQ(FormatRunPlan(plan).find("select_"), std::string::npos);
  plan.rounds.smallest_usable_share = 0;
  EXPECT_NE(FormatRunPlan(plan).find("smallest_usable_share: 0"), std::string::npos);
}

TEST(RunConfigTest, SitesThatOnlyEvaluateAreNamedInAList) {
  const std::string yaml =
      std::string(kSmall) +
      "heads: shared\nrounds:\n  evaluation_sites: [E, F]\n  select_sites: [A, B]\n";
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan plan, ParseRunPlan(yaml, "f"));
  EXPECT_EQ(plan.rounds.evaluation_sites, (std::vector<SiteId>{SiteId("E"), SiteId("F")}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan read, ParseRunPlan(FormatRunPlan(plan), "f"));
  EXPECT_EQ(read, plan);
}

TEST(RunConfigTest, DurationsCarryTheirUnit) {
  const auto deadline = [](const std::string& text) {
    const auto plan = ParseRunPlan(std::string(kSmall) + "rounds: {deadline: " + text + "}\n", "f");
    return plan.ok() ? plan->rounds.deadline.count() : -1;
  };
  EXPECT_EQ(deadline("1500ms"), 1'500);
  EXPECT_EQ(deadline("30s"), 30'000);
  EXPECT_EQ(deadline("10min"), 600'000);
  EXPECT_EQ(deadline("600"), -1);
  EXPECT_EQ(deadline("-5s"), -1);
  EXPECT_EQ(deadline("9999999999999s"), -1);
}

struct Fault {
  std::string yaml;
  std::string message;
};

TEST(RunConfigTest, FaultsAreNamedByFileLineAndField) {
  const std::string small(kSmall);
  const std::vector<Fault> faults = {
      {small + "sed: 1\n", "run.yaml:3: sed: no such key, expected one of "},
      {small + "training:\n  batchsize: 1\n", "run.yaml:4: training.batchsize: no such key"},
      {small + "seed: 1\nseed: 2\n", "run.yaml:4: seed: stands here twice"},
      {small + "seed: -1\n", "run.yaml:3: seed: '-1' is not a whole number in range"},
      {small + "image_size: 64.5\n", "run.yaml:3: image_size: '64.5' is not a whole number"},
      {small + "image_size: [64]\n",
       "run.yaml:3: image_size: expected 1 to 4096 pixels, found a list"},
      {small + "training:\n  augment: yes\n", "run.yaml:4: training.augment: 'yes' is not true"},
      {small + "training:\n  dropout: half\n", "run.yaml:4: training.dropout: 'half' is not a"},
      {small + "training:\n  learning_rate_factors: {trunk: 1}\n",
       "run.yaml:4: training.learning_rate_factors.trunk: expected a name that begins with"},
      {small + "training:\n  learning_rate_factors: {heads: -1}\n",
       "run.yaml:4: training.learning_rate_factors.heads: expected a number from 0 to 1000"},
      {small + "training:\n  learning_rate_factors: {heads: half}\n",
       "'half' is not a finite number"},
      {small + "training:\n  freeze_stages: -1\n", "run.yaml:4: training.freeze_stages: expected"},
      {small + "heads: mine\n", "run.yaml:3: heads: 'mine' is unknown, expected local or shared"},
      {small + "rounds: 5\n", "run.yaml:3: rounds: expected keys with values"},
      {small + "strategy: luck\n",
       "run.yaml:3: strategy: 'luck' is unknown, expected one of fedavg"},
      {small + "strategy: {name: luck}\n", "run.yaml:3: strategy: 'luck' is unknown"},
      {small + "strategy:\n  name: fedadam\n  mu: 1\n",
       "run.yaml:5: strategy.mu: no such key, expected one of adaptive_learning_rate, beta1"},
      {small + "strategy:\n  name: fedadam\n  beta2: 1\n",
       "run.yaml:5: strategy.beta2: expected at least 0 and below 1"},
      {small + "strategy:\n  name: median\n  byzantine: one\n",
       "run.yaml:5: strategy.byzantine: 'one' is not a whole number"},
      {small + "strategy: krum\n", "run.yaml:1: rounds.quorum: krum with byzantine 1 needs 5"},
      // Found by ValidatePlan, and still with the line.
      {small + "rounds:\n  local_epochs: 1\n  quorum: 9\n", "run.yaml:5: rounds.quorum: expected"},
      {small + "training:\n  learning_rate: 0\n", "run.yaml:4: training.learning_rate: expected"},
      {"tasks: [prognosis]\n", "run.yaml:1: run: expected"},
      {"run: r\n", "run.yaml:1: tasks: expected at least one task"},
      {"run: r\ntasks: [prognosys]\n", "run.yaml:2: tasks[0]: 'prognosys' is no known task"},
      {"run: r\ntasks:\n  - {id: a, kind: classes, classes: [x]}\n",
       "run.yaml:3: tasks[0].classes: expected at least two names, found 1"},
      {"run: r\ntasks:\n  - id: a\n    kind: zebra\n",
       "run.yaml:4: tasks[0].kind: 'zebra' is unknown"},
      {"run: r\ntasks: {}\n", "run.yaml:2: tasks: expected a list"},
      {"run: [r\n", "run.yaml:2: not YAML"},
      {"", "run.yaml:1: expected keys with values"},
  };
  for (const Fault& fault : faults) {
    EXPECT_STATUS(ParseRunPlan(fault.yaml, "run.yaml"), StatusCode::kInvalidArgument,
                  fault.message);
  }
}

TEST(RunConfigTest, AMissingFileIsWrongInput) {
  EXPECT_STATUS(ReadRunPlan("/nowhere/run.yaml"), StatusCode::kInvalidArgument,
                "/nowhere/run.yaml");
}

}  // namespace
}  // namespace consilium
