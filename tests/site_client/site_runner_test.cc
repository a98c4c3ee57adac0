#include "site_client/site_runner.h"

#include "common/federation/participation.h"
#include "tests/site_client/tiny_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace consilium {
namespace {

const std::vector<Holding> kMixed{Holding::kBoth,   Holding::kPrognosis, Holding::kBrixia,
                                  Holding::kBoth,   Holding::kPrognosis, Holding::kBrixia,
                                  Holding::kBoth,   Holding::kPrognosis, Holding::kBrixia,
                                  Holding::kNothing};

std::unique_ptr<SiteRunner> MakeRunner(const TinyRun& run, const std::vector<Holding>& holdings,
                                       SiteRunner::Options options = TinyOptions("A")) {
  Result<std::unique_ptr<SiteRunner>> runner =
      BegunRunner(std::move(options), run, TinyData(holdings));
  EXPECT_TRUE(runner.ok()) << runner.status();
  return runner.ok() ? std::move(runner).value() : nullptr;
}

SiteUpdate Train(SiteRunner& runner, const Instruction& instruction, const Bytes& model) {
  Result<SiteReport> report = runner.Execute(instruction, model);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? std::get<SiteUpdate>(*report) : SiteUpdate{};
}

EvaluationReport EvaluateModel(SiteRunner& runner, RoundNumber version, const Bytes& model) {
  Result<SiteReport> report = runner.Execute(EvaluateVersion(version), model);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? std::get<EvaluationReport>(*report) : EvaluationReport{};
}

TEST(SiteRunnerTest, DeclaresWhatItHolds) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const SiteDeclaration declaration = MakeRunner(run, kMixed)->Declaration();
  EXPECT_EQ(declaration.site, SiteId("A"));
  EXPECT_EQ(declaration.layout_fingerprint, run.offer.layout_fingerprint);
  ASSERT_EQ(declaration.tasks.size(), 2U);
  EXPECT_EQ(declaration.tasks[0].train + declaration.tasks[0].validation, 6);
  EXPECT_EQ(declaration.tasks[1].train + declaration.tasks[1].validation, 6);
  EXPECT_GT(declaration.train_images, 0);
  const auto prognosis_only = MakeRunner(run, std::vector<Holding>(4, Holding::kPrognosis));
  EXPECT_EQ(prognosis_only->Declaration().tasks.size(), 1U);
}

/// The images of `bad` cannot be read.
std::shared_ptr<const Dataset> WithSetAside(const std::vector<Holding>& holdings,
                                            const std::set<std::size_t>& bad) {
  const auto whole = TinyData(holdings);
  auto rest = std::make_shared<Dataset>();
  rest->tasks = whole->tasks;
  Indices kept;
  for (std::size_t i = 0; i < holdings.size(); ++i) {
    if (bad.contains(i)) {
      rest->set_aside.push_back({whole->samples[i], "cut off"});
    } else {
      rest->samples.push_back(whole->samples[i]);
      kept.push_back(static_cast<std::int64_t>(i));
    }
  }
  rest->images = whole->images.index_select(0, torch::tensor(kept, torch::kLong));
  return rest;
}

TEST(SiteRunnerTest, DeclaresWhatIsSetAsideAndTrainsOnTheRest) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const auto runner, BegunRunner(TinyOptions("A"), run, WithSetAside(kMixed, {1, 3, 9})));
  const SiteDeclaration declaration = runner->Declaration();
  EXPECT_EQ(declaration.set_aside, 3);
  ASSERT_EQ(declaration.tasks.size(), 2U);
  EXPECT_EQ(declaration.tasks[0].set_aside, 2);  // images 1 and 3
  EXPECT_EQ(declaration.tasks[1].set_aside, 1);  // image 3
  EXPECT_EQ(declaration.tasks[0].train + declaration.tasks[0].validation, 4);
  EXPECT_EQ(declaration.tasks[1].train + declaration.tasks[1].validation, 5);
  EXPECT_GT(Train(*runner, TrainRound(0), run.shared.bytes).header.images_used, 0);
}

TEST(SiteRunnerTest, ATaskWithoutAReadableImageIsDeclaredForTheAggregatorToJudge) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const std::vector<Holding> holdings{Holding::kPrognosis, Holding::kPrognosis, Holding::kBrixia,
                                      Holding::kPrognosis, Holding::kBrixia};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const auto runner, BegunRunner(TinyOptions("A"), run, WithSetAside(holdings, {2, 4})));
  const SiteDeclaration declaration = runner->Declaration();
  ASSERT_EQ(declaration.tasks.size(), 2U);
  EXPECT_GT(declaration.tasks[0].train, 0);
  EXPECT_EQ(declaration.tasks[1], (TaskHolding{TaskId("brixia"), 0, 0, 2, {}, 6, 4}));
  EXPECT_EQ(declaration.set_aside, 2);

  EXPECT_STATUS(BegunRunner(TinyOptions("A"), run, WithSetAside(holdings, {0, 1, 2, 3, 4})),
                StatusCode::kInvalidArgument,
                "no training image has a label of the plan's tasks; 5 images are set aside");
}

TEST(SiteRunnerTest, DeclaresWhatItsOwnDataMeanWhateverTheRunAsksFor) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto data = std::make_shared<Dataset>(*TinyData(kMixed));
  data->tasks[0].classes = {"mild", "critical"};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto runner,
                                 SiteRunner::Create(TinyOptions("A"), run.offer, data));
  const SiteDeclaration declaration = runner->Declaration();
  EXPECT_EQ(declaration.image_size, 8);
  EXPECT_EQ(declaration.channels, 1);
  EXPECT_EQ(declaration.layout_fingerprint, run.offer.layout_fingerprint);
  ASSERT_EQ(declaration.tasks.size(), 2U);
  const TaskHolding& prognosis = declaration.tasks[0];
  ASSERT_EQ(prognosis.classes.size(), 2U);
  EXPECT_EQ(prognosis.classes[1].name, "critical");
  EXPECT_EQ(prognosis.classes[0].train + prognosis.classes[1].train, prognosis.train);
  EXPECT_STATUS(
      CheckDeclaration({run.offer.plan.tasks, run.offer.plan.rounds, 8}, declaration),
      StatusCode::kInvalidArgument,
      "site A: tasks: 'prognosis': classes: number 2 is 'critical', expected the run's 'severe'");
}

TEST(SiteRunnerTest, ASiteThatIsLeftOutTrainsOnNothingAndEvaluatesAllThatItHas) {
  RunPlan plan = TinyPlan();
  plan.heads = HeadsMode::kShared;
  plan.rounds.evaluation_sites = {SiteId("A")};
  const TinyRun run = MakeTinyRun(plan);
  const auto runner = MakeRunner(run, kMixed);
  const SiteDeclaration declaration = runner->Declaration();
  EXPECT_EQ(declaration.train_images, 0);
  ASSERT_EQ(declaration.tasks.size(), 2U);
  EXPECT_EQ(declaration.tasks[0],
            (TaskHolding{TaskId("prognosis"), 0, 6, 0, {{"mild", 0}, {"severe", 0}}}));
  EXPECT_EQ(declaration.tasks[1], (TaskHolding{TaskId("brixia"), 0, 6, 0, {}, 6, 4}));
  const EvaluationReport report = EvaluateModel(*runner, 1, run.shared.bytes);
  ASSERT_EQ(report.tasks.size(), 2U);
  EXPECT_EQ(report.tasks[0].n, 6);
}

TEST(SiteRunnerTest, LocalHeadsNeverAppearInTheUpdate) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  for (const EntrySpec& entry : run.shared.layout->entries()) {
    EXPECT_TRUE(HeadOf(entry).empty()) << entry.name;
  }
  const auto runner = MakeRunner(run, kMixed);
  const SiteUpdate update = Train(*runner, TrainRound(0), run.shared.bytes);
  EXPECT_EQ(update.encoded.size(), run.shared.layout->byte_size());
  EXPECT_EQ(update.header.byte_size, update.encoded.size());
  EXPECT_NE(update.encoded, run.shared.bytes);
  EXPECT_GT(update.header.images_used, 0);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob heads, runner->LocalState(1));
  for (const EntrySpec& entry : heads.layout->entries()) {
    EXPECT_FALSE(HeadOf(entry).empty()) << entry.name;
  }
  EXPECT_NE(heads.bytes, runner->LocalState(0)->bytes);
}

TEST(SiteRunnerTest, SharedRunHasNoLocalState) {
  RunPlan plan = TinyPlan();
  plan.heads = HeadsMode::kShared;
  const TinyRun run = MakeTinyRun(plan);
  const auto runner = MakeRunner(run, kMixed);
  const SiteUpdate update = Train(*runner, TrainRound(0), run.shared.bytes);
  EXPECT_EQ(update.encoded.size(), run.initial.size());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob local, runner->LocalState(1));
  EXPECT_TRUE(local.bytes.empty());
}

TEST(SiteRunnerTest, LocalStatisticsStayWithTheSite) {
  RunPlan plan = TinyPlan();
  plan.heads = HeadsMode::kShared;
  plan.normalisation = NormalisationMode::kLocal;
  const TinyRun run = MakeTinyRun(plan);
  const auto runner = MakeRunner(run, kMixed);
  Train(*runner, TrainRound(0), run.shared.bytes);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob local, runner->LocalState(1));
  EXPECT_GE(local.layout->Find("backbone.bn.running_mean"), 0);
  EXPECT_NE(local.bytes, runner->LocalState(0)->bytes);
}

TEST(SiteRunnerTest, EqualSeedsGiveEqualBitsAndSitesDiffer) {
  RunPlan plan = TinyPlan();
  const TinyRun run = MakeTinyRun(plan);
  const auto trained = [&](const std::string& site) {
    return Train(*MakeRunner(run, kMixed, TinyOptions(site)), TrainRound(0), run.shared.bytes)
        .encoded;
  };
  EXPECT_EQ(trained("A"), trained("A"));
  EXPECT_NE(trained("A"), trained("B"));
}

TEST(SiteRunnerTest, RepeatedRoundGivesTheSameUpdate) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto runner = MakeRunner(run, kMixed);
  const Bytes first = Train(*runner, TrainRound(0), run.shared.bytes).encoded;
  EXPECT_EQ(Train(*runner, TrainRound(0), run.shared.bytes).encoded, first);
  const Bytes second = Train(*runner, TrainRound(1), first).encoded;
  EXPECT_EQ(Train(*runner, TrainRound(1), first).encoded, second);
}

TEST(SiteRunnerTest, EvaluationUsesTheHeadsOfTheVersion) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto runner = MakeRunner(run, kMixed);
  const EvaluationReport before = EvaluateModel(*runner, 0, run.shared.bytes);
  Train(*runner, TrainRound(0), run.shared.bytes);
  EXPECT_EQ(EvaluateModel(*runner, 0, run.shared.bytes).tasks, before.tasks);
  EXPECT_NE(EvaluateModel(*runner, 1, run.shared.bytes).tasks, before.tasks);
  EXPECT_EQ(before.version, 0);
  EXPECT_GT(before.tasks[0].n, 0);
}

TEST(SiteRunnerTest, MissedRoundsFallBackToTheNewestHeadsBefore) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto runner = MakeRunner(run, kMixed);
  Train(*runner, TrainRound(0), run.shared.bytes);
  EXPECT_EQ(runner->LocalState(4)->bytes, runner->LocalState(1)->bytes);
}

TEST(SiteRunnerTest, KeepsHeadsOfTheLatestTheStartedAndTheBestVersionOnDisk) {
  const TempFolder folder;
  const TinyRun run = MakeTinyRun(TinyPlan());
  SiteRunner::Options options = TinyOptions("A");
  options.state_folder = folder.path();
  const auto runner = MakeRunner(run, kMixed, options);
  Bytes model = run.shared.bytes;
  for (RoundNumber round = 0; round < 5; ++round) {
    model = Train(*runner, TrainRound(round, std::min(round, 2)), model).encoded;
  }
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files.insert(entry.path().filename().string());
  }
  EXPECT_EQ(files, (std::set<std::string>{"local-v2.safetensors", "local-v4.safetensors",
                                          "local-v5.safetensors"}));
}

TEST(SiteRunnerTest, RestartedSiteGoesOnWithItsHeads) {
  const TempFolder folder;
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto uninterrupted = MakeRunner(run, kMixed);
  const Bytes model = Train(*uninterrupted, TrainRound(0), run.shared.bytes).encoded;
  const Bytes expected = Train(*uninterrupted, TrainRound(1), model).encoded;

  SiteRunner::Options options = TinyOptions("A");
  options.state_folder = folder.path();
  Train(*MakeRunner(run, kMixed, options), TrainRound(0), run.shared.bytes);
  const auto restarted = MakeRunner(run, kMixed, options);
  EXPECT_EQ(restarted->LocalState(1)->bytes, uninterrupted->LocalState(1)->bytes);
  EXPECT_EQ(Train(*restarted, TrainRound(1), model).encoded, expected);
}

TEST(SiteRunnerTest, OneClassOneImageAndNoValidationDataWork) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto runner = MakeRunner(run, {Holding::kPrognosis});
  const SiteUpdate update = Train(*runner, TrainRound(0), run.shared.bytes);
  EXPECT_EQ(update.header.images_used, 2);  // two epochs of one image
  const EvaluationReport report = EvaluateModel(*runner, 1, update.encoded);
  EXPECT_EQ(report.tasks[0].n, 0);
}

TEST(SiteRunnerTest, ReportsProgressOverAllEpochs) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  std::vector<Progress> seen;
  SiteRunner::Options options = TinyOptions("A");
  options.on_progress = [&](const Progress& progress) { seen.push_back(progress); };
  Train(*MakeRunner(run, std::vector<Holding>(8, Holding::kBoth), options), TrainRound(3),
        run.shared.bytes);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().steps_done, seen.back().steps_planned);
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), seen.back().steps_planned);
  EXPECT_EQ(seen.back().round, 3);
}

TEST(SiteRunnerTest, RefusesWhatContradictsThePlan) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto create = [&](const RunOffer& offer, const std::vector<Holding>& holdings) {
    return BegunRunner(TinyOptions("A"), {offer, run.initial, {}}, TinyData(holdings));
  };
  EXPECT_STATUS(create(run.offer, {Holding::kNothing}), StatusCode::kInvalidArgument, "site A");
  RunOffer other_layout = run.offer;
  other_layout.layout_fingerprint = "0";
  EXPECT_STATUS(create(other_layout, kMixed), StatusCode::kInvalidArgument, "layout");
  RunOffer other_tasks = run.offer;
  other_tasks.plan.tasks.pop_back();
  EXPECT_STATUS(create(other_tasks, kMixed), StatusCode::kInvalidArgument, "tasks");
  RunOffer other_size = run.offer;
  other_size.plan.image_size = 9;
  EXPECT_STATUS(create(other_size, kMixed), StatusCode::kInvalidArgument, "image_size");
}

TEST(SiteRunnerTest, RefusesAModelOfAnotherSize) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  EXPECT_STATUS(MakeRunner(run, kMixed)->Execute(TrainRound(0), Bytes(3)), StatusCode::kDataLoss,
                "3 bytes");
}

TEST(SiteRunnerTest, InterruptEndsTheTraining) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  Interrupt interrupt;
  interrupt.Request();
  SiteRunner::Options options = TinyOptions("A");
  options.interrupt = &interrupt;
  EXPECT_STATUS(MakeRunner(run, kMixed, options)->Execute(TrainRound(0), run.shared.bytes),
                StatusCode::kCancelled, "interrupted");
}

}  // namespace
}  // namespace consilium
