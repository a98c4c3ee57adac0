#include "site_client/round_checkpoint.h"

#include "common/storage/file_io.h"
#include "tests/site_client/tiny_run.h"
#include "tests/support/fnv_hasher.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace consilium {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<Holding> kHeld{Holding::kBoth, Holding::kPrognosis, Holding::kBrixia,
                                 Holding::kBoth, Holding::kPrognosis, Holding::kBrixia,
                                 Holding::kBoth, Holding::kBoth};

/// What a round leaves.
struct Left {
  SiteUpdate update;
  ParameterBlob local;
};

class RoundCheckpointTest : public testing::Test {
 protected:
  void Use(const RunPlan& plan) {
    run_ = MakeTinyRun(plan);
    instruction_ = TrainRound(0);
    instruction_.model.digest = "0123456789abcdef0123";
  }

  std::unique_ptr<SiteRunner> Runner(SiteRunner::Options options) const {
    auto runner = BegunRunner(std::move(options), run_, TinyData(kHeld));
    EXPECT_TRUE(runner.ok()) << runner.status();
    return std::move(runner).value();
  }

  SiteRunner::Options Keeping() {
    SiteRunner::Options options = TinyOptions("A");
    options.state_folder = folder_.path();
    options.hasher = FnvHash();
    options.notify = [this](const std::string& line) { lines_.push_back(line); };
    options.on_progress = [this](const Progress& progress) { progress_.push_back(progress); };
    return options;
  }

  /// A round that nobody stops, kept nowhere.
  Left Undisturbed() const {
    SiteRunner::Options options = TinyOptions("A");
    options.hasher = FnvHash();
    return Train(*Runner(std::move(options)));
  }

  Left Train(SiteRunner& runner) const {
    Result<SiteReport> report = runner.Execute(instruction_, run_.shared.bytes);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    return {std::get<SiteUpdate>(*report), runner.LocalState(1).value()};
  }

  /// Stops the round when so many steps are done.
  void StopAfter(std::int64_t steps) {
    Interrupt interrupt;
    SiteRunner::Options options = Keeping();
    options.interrupt = &interrupt;
    options.on_progress = [&](const Progress& progress) {
      if (progress.steps_done == steps) interrupt.Request();
    };
    EXPECT_STATUS(Runner(std::move(options))->Execute(instruction_, run_.shared.bytes),
                  StatusCode::kCancelled, "interrupted");
  }

  /// By another process of the site.
  Left Again() {
    progress_.clear();
    lines_.clear();
    return Train(*Runner(Keeping()));
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".checkpoint")) files.push_back(name);
    }
    return files;
  }

  static void ExpectSame(const Left& left, const Left& expected) {
    EXPECT_EQ(left.update.encoded, expected.update.encoded);
    EXPECT_EQ(left.update.header.digest, expected.update.header.digest);
    EXPECT_EQ(left.update.header.steps, expected.update.header.steps);
    EXPECT_EQ(left.update.header.images_used, expected.update.header.images_used);
    EXPECT_EQ(left.update.header.training, expected.update.header.training);
    EXPECT_EQ(left.local.bytes, expected.local.bytes);
  }

  TempFolder folder_;
  TinyRun run_;
  Instruction instruction_;
  std::vector<std::string> lines_;
  std::vector<Progress> progress_;
};

RunPlan PlanOf(const std::string& strategy, int epochs = 3) {
  RunPlan plan = TinyPlan();
  plan.strategy = strategy;
  plan.rounds.local_epochs = epochs;
  if (strategy == "fedrep") plan.strategy_options.head_epochs = 2;
  return plan;
}

class StrategyCheckpointTest : public RoundCheckpointTest,
                               public testing::WithParamInterface<const char*> {};

TEST_P(StrategyCheckpointTest, ARoundStoppedAfterAnyStepGoesOnToTheSameBits) {
  RunPlan plan = PlanOf(GetParam());
  plan.training.optimizer = plan.strategy == "scaffold" ? Optimizer::kSgd : Optimizer::kAdam;
  plan.training.momentum = plan.strategy == "scaffold" ? 0.9 : 0;
  Use(plan);
  const Left expected = Undisturbed();
  Left whole = Again();
  ExpectSame(whole, expected);
  ASSERT_FALSE(progress_.empty());
  const std::int64_t planned = progress_.back().steps_planned;
  ASSERT_EQ(static_cast<std::int64_t>(progress_.size()), planned);
  const int trainings = plan.strategy == "ditto" ? 2 : 1;
  const int epochs = plan.strategy == "fedrep" ? 5 : 3 * trainings;
  const std::int64_t per_epoch = planned / epochs;
  ASSERT_EQ(per_epoch * epochs, planned);

  for (std::int64_t steps = 1; steps < planned; ++steps) {
    Runner(Keeping())->Delivered();
    StopAfter(steps);
    ExpectSame(Again(), expected);
    const std::int64_t kept = steps / per_epoch * per_epoch;
    EXPECT_EQ(static_cast<std::int64_t>(progress_.size()), planned - kept) << steps;
    EXPECT_EQ(progress_.front().steps_done, kept + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, StrategyCheckpointTest,
                         testing::Values("fedavg", "fedprox", "scaffold", "fedrep", "ditto",
                                         "fedbn"));

TEST_F(RoundCheckpointTest, ARoundOfOneEpochWritesNone) {
  Use(PlanOf("fedavg", 1));
  Train(*Runner(Keeping()));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(RoundCheckpointTest, GoesWhenTheUpdateIsAcknowledged) {
  Use(PlanOf("fedavg"));
  const auto runner = Runner(Keeping());
  Train(*runner);
  EXPECT_THAT(Files(), ElementsAre("round-0-0123456789abcdef-train.checkpoint"));
  runner->Delivered();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(RoundCheckpointTest, OfAnotherRoundModelOrPlanIsRemovedUnused) {
  Use(PlanOf("fedavg"));
  const TinyRun run = run_;
  const Instruction instruction = instruction_;
  const auto expect_from_the_beginning = [&](const char* what) {
    SCOPED_TRACE(what);
    const Left expected = Undisturbed();
    ExpectSame(Again(), expected);
    EXPECT_EQ(progress_.front().steps_done, 1);
    EXPECT_EQ(Files().size(), 1U);
    run_ = run;
    instruction_ = instruction;
    Runner(Keeping())->Delivered();
    StopAfter(5);
    EXPECT_EQ(Files().size(), 1U);
  };
  StopAfter(5);
  instruction_.round = 1;
  expect_from_the_beginning("round");
  instruction_.model.digest = "fedcba9876543210";
  expect_from_the_beginning("model");
  instruction_.learning_rate = 2e-2;
  expect_from_the_beginning("learning rate");
  instruction_.loss_factors = {{TaskId("brixia"), 0.5}};
  expect_from_the_beginning("loss factor");
  run_.offer.plan.training.weight_decay = 0.1;
  expect_from_the_beginning("plan");
  run_.offer.plan.seed = 2;
  expect_from_the_beginning("seed");
}

TEST_F(RoundCheckpointTest, DamagedBytesAreIgnoredWithALine) {
  Use(PlanOf("fedavg"));
  const Left expected = Undisturbed();
  StopAfter(5);
  ASSERT_EQ(Files().size(), 1U);
  const std::string file = folder_.File(Files()[0]);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes whole, ReadFile(file, 1 << 24));
  std::vector<Bytes> damaged;
  for (std::size_t i = 0; i < 12; ++i) {
    Bytes flipped = whole;
    flipped[whole.size() * i / 12] ^= std::byte{0x55};
    damaged.push_back(flipped);
    damaged.emplace_back(whole.begin(),
                         whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * i / 12));
  }
  for (const Bytes& bytes : damaged) {
    EXPECT_OK(WriteFileAtomically(file, bytes));
    ExpectSame(Again(), expected);
    EXPECT_EQ(progress_.front().steps_done, 1);
    EXPECT_THAT(lines_, ElementsAre(HasSubstr("a checkpoint is ignored and removed: ")));
  }
}

TEST_F(RoundCheckpointTest, WithoutRoomTheRoundIsTrainedAnyway) {
  Use(PlanOf("fedavg"));
  const Left expected = Undisturbed();
  // In the place of the file stands a folder that is not empty.
  std::filesystem::create_directories(
      folder_.File("round-0-0123456789abcdef-train.checkpoint/taken"));
  ExpectSame(Again(), expected);
  EXPECT_THAT(lines_, testing::Contains(HasSubstr("train: a checkpoint cannot be written: ")));
}

}  // namespace
}  // namespace consilium
