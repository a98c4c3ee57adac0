#include "common/training/trainer.h"

#include "common/nn/state.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

Trainer::Options PlainOptions() {
  Trainer::Options options;
  options.training.augment = false;
  options.training.dropout = 0;
  options.training.batch_size = 4;
  return options;
}

bool IsBrixiaHead(const EntrySpec& entry) { return HeadOf(entry) == TaskId("brixia"); }
bool IsPrognosisHead(const EntrySpec& entry) { return HeadOf(entry) == TaskId("prognosis"); }

std::vector<Holding> Repeated(std::size_t count, Holding holding) {
  return std::vector<Holding>(count, holding);
}

TEST(TrainerTest, LossFallsOnDataThatCanBeLearnt) {
  const Dataset data = MakeTinyData(Repeated(24, Holding::kBoth));
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), PlainOptions());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const EpochResult first, trainer.RunEpoch(1e-2, 1));
  EpochResult last;
  for (std::uint64_t epoch = 2; epoch < 30; ++epoch) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(last, trainer.RunEpoch(1e-2, epoch));
  }
  EXPECT_EQ(first.images, 24);
  EXPECT_EQ(first.tasks[0].n, 24);
  EXPECT_LT(last.tasks[0].loss_sum, 0.7 * first.tasks[0].loss_sum);
  EXPECT_LT(last.tasks[1].loss_sum, 0.7 * first.tasks[1].loss_sum);
}

/// The head of a task without labels keeps every bit, though the optimiser holds moments of earlier
/// steps for it and decays weights.
void ExpectAbsentTaskStays(Optimizer optimizer, Reduction reduction) {
  std::vector<Holding> holdings = Repeated(4, Holding::kBoth);
  const Dataset both = MakeTinyData(holdings);
  Dataset data = both;
  MultiTaskNet net = MakeTinyNet(data.tasks);
  Trainer::Options options = PlainOptions();
  options.training.optimizer = optimizer;
  options.training.momentum = 0.9;
  options.training.weight_decay = 0.1;
  options.training.reduction = reduction;
  Trainer trainer(net, data, AllIndices(data), options);
  ASSERT_OK(trainer.RunEpoch(1e-2, 1));  // both heads have moments now
  EXPECT_NE(ReadState(*net, IsBrixiaHead).bytes,
            ReadState(*MakeTinyNet(data.tasks), IsBrixiaHead).bytes);

  for (Sample& sample : data.samples) sample.labels[1].clear();
  const Bytes brixia = ReadState(*net, IsBrixiaHead).bytes;
  const Bytes prognosis = ReadState(*net, IsPrognosisHead).bytes;
  ASSERT_OK(trainer.RunEpoch(1e-2, 2));
  EXPECT_EQ(ReadState(*net, IsBrixiaHead).bytes, brixia);
  EXPECT_NE(ReadState(*net, IsPrognosisHead).bytes, prognosis);
}

TEST(TrainerTest, AdamLeavesTheHeadOfAnAbsentTaskUntouched) {
  ExpectAbsentTaskStays(Optimizer::kAdam, Reduction::kLabelled);
  ExpectAbsentTaskStays(Optimizer::kAdam, Reduction::kBatch);
}

TEST(TrainerTest, SgdWithMomentumLeavesTheHeadOfAnAbsentTaskUntouched) {
  ExpectAbsentTaskStays(Optimizer::kSgd, Reduction::kLabelled);
}

TEST(TrainerTest, EqualSeedsGiveEqualBitsAndOthersDoNot) {
  const Dataset data = MakeTinyData(Repeated(10, Holding::kBoth), 16);
  const auto trained = [&](std::uint64_t seed) {
    MultiTaskNet net = MakeTinyNet(data.tasks, 1, 0.5);
    Trainer::Options options = PlainOptions();
    options.training.augment = true;
    Trainer trainer(net, data, AllIndices(data), options);
    EXPECT_OK(trainer.RunEpoch(1e-2, seed));
    EXPECT_OK(trainer.RunEpoch(1e-2, seed + 1));
    return ReadState(*net).bytes;
  };
  EXPECT_EQ(trained(1), trained(1));
  EXPECT_NE(trained(1), trained(5));
}

TEST(TrainerTest, ImagesWithoutLabelsAreSkipped) {
  std::vector<Holding> holdings = Repeated(6, Holding::kPrognosis);
  holdings[2] = holdings[4] = Holding::kNothing;
  const Dataset data = MakeTinyData(holdings);
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), PlainOptions());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const EpochResult result, trainer.RunEpoch(1e-3, 1));
  EXPECT_EQ(result.images, 4);
  EXPECT_EQ(result.tasks[0].n, 4);
  EXPECT_EQ(result.tasks[1].n, 0);
}

std::vector<std::int64_t> StepsPlanned(std::size_t images, int batch_size, bool full_batch) {
  const Dataset data = MakeTinyData(Repeated(images, Holding::kPrognosis));
  std::vector<std::int64_t> seen;
  Trainer::Options options = PlainOptions();
  options.training.batch_size = batch_size;
  options.training.full_batch = full_batch;
  options.on_step = [&](std::int64_t done, std::int64_t planned) {
    EXPECT_EQ(done, static_cast<std::int64_t>(seen.size()) + 1);
    seen.push_back(planned);
  };
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), options);
  const Result<EpochResult> result = trainer.RunEpoch(1e-3, 1);
  EXPECT_OK(result);
  EXPECT_TRUE(!result.ok() || result->images == static_cast<std::int64_t>(images));
  return seen;
}

TEST(TrainerTest, LastBatchOfOneImageJoinsTheBatchBefore) {
  EXPECT_EQ(StepsPlanned(9, 4, false), (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(StepsPlanned(10, 4, false), (std::vector<std::int64_t>{3, 3, 3}));
  EXPECT_EQ(StepsPlanned(9, 4, true), (std::vector<std::int64_t>{1}));
}

TEST(TrainerTest, SingleImageTrainsWithFrozenNormalisation) {
  const Dataset data = MakeTinyData({Holding::kBoth}, 3);  // 1x1 after the convolution
  MultiTaskNet net = MakeTinyNet(data.tasks);
  Trainer trainer(net, data, AllIndices(data), PlainOptions());
  const auto statistics = [](const EntrySpec& entry) {
    return KindOf(entry) != EntryKind::kParameter;
  };
  const Bytes before = ReadState(*net, statistics).bytes;
  ASSERT_OK(trainer.RunEpoch(1e-3, 1));
  EXPECT_EQ(ReadState(*net, statistics).bytes, before);
  EXPECT_NE(ReadState(*net).bytes, ReadState(*MakeTinyNet(data.tasks)).bytes);
}

TEST(TrainerTest, FrozenNormalisationKeepsItsStatistics) {
  const Dataset data = MakeTinyData(Repeated(8, Holding::kBoth));
  const auto statistics = [](const EntrySpec& entry) {
    return KindOf(entry) != EntryKind::kParameter;
  };
  for (const bool freeze : {true, false}) {
    MultiTaskNet net = MakeTinyNet(data.tasks);
    Trainer::Options options = PlainOptions();
    options.training.freeze_normalisation = freeze;
    Trainer trainer(net, data, AllIndices(data), options);
    const Bytes before = ReadState(*net, statistics).bytes;
    ASSERT_OK(trainer.RunEpoch(1e-3, 1));
    EXPECT_EQ(ReadState(*net, statistics).bytes == before, freeze);
  }
}

TEST(TrainerTest, LossFactorsScaleTheGradient) {
  const Dataset data = MakeTinyData(Repeated(6, Holding::kBoth));
  const auto trained = [&](double lambda, std::vector<double> factors) {
    Dataset weighted = data;
    for (TaskSpec& task : weighted.tasks) task.weight = lambda;
    MultiTaskNet net = MakeTinyNet(data.tasks);
    Trainer::Options options = PlainOptions();
    options.training.optimizer = Optimizer::kSgd;
    options.training.weight_decay = 0;
    options.training.full_batch = true;
    options.loss_factors = std::move(factors);
    Trainer trainer(net, weighted, AllIndices(data), options);
    EXPECT_OK(trainer.RunEpoch(1e-2, 1));
    return ReadState(*net).bytes;
  };
  EXPECT_EQ(trained(2, {}), trained(1, {2, 2}));
  EXPECT_NE(trained(1, {}), trained(1, {2, 2}));
}

TEST(TrainerTest, Float64NetTrainsInFloat64) {
  const Dataset data = MakeTinyData(Repeated(6, Holding::kBoth));
  MultiTaskNet net = MakeTinyNet(data.tasks);
  net->to(torch::kFloat64);
  Trainer trainer(net, data, AllIndices(data), PlainOptions());
  ASSERT_OK(trainer.RunEpoch(1e-2, 1));
  EXPECT_EQ(net->parameters().front().scalar_type(), torch::kFloat64);
}

TEST(TrainerTest, InterruptEndsBetweenSteps) {
  const Dataset data = MakeTinyData(Repeated(12, Holding::kPrognosis));
  Interrupt interrupt;
  int steps = 0;
  Trainer::Options options = PlainOptions();
  options.interrupt = &interrupt;
  options.on_step = [&](std::int64_t, std::int64_t) {
    ++steps;
    interrupt.Request();
  };
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), options);
  EXPECT_STATUS(trainer.RunEpoch(1e-3, 1), StatusCode::kCancelled, "interrupted");
  EXPECT_EQ(steps, 1);
}

TEST(TrainerTest, LossThatIsNotFiniteIsAnError) {
  Dataset data = MakeTinyData(Repeated(4, Holding::kPrognosis));
  data.images[0][0][0] = std::numeric_limits<float>::infinity();
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), PlainOptions());
  EXPECT_STATUS(trainer.RunEpoch(1e-3, 1), StatusCode::kDataLoss, "not finite");
}

TEST(TrainerTest, WrongNumberOfLossFactorsIsRefused) {
  const Dataset data = MakeTinyData(Repeated(4, Holding::kPrognosis));
  Trainer::Options options = PlainOptions();
  options.loss_factors = {1};
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), options);
  EXPECT_STATUS(trainer.RunEpoch(1e-3, 1), StatusCode::kInvalidArgument, "loss factors");
}

ParameterBlob TrainedWith(const Dataset& data, TaskWeighting weighting, int epochs) {
  MultiTaskNet net = MakeTinyNet(data.tasks);
  Trainer::Options options = PlainOptions();
  options.weighting.kind = weighting;
  Trainer trainer(net, data, AllIndices(data), options);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    EXPECT_TRUE(trainer.RunEpoch(1e-2, static_cast<std::uint64_t>(epoch)).ok());
  }
  return ReadState(*net);
}

TEST(TrainerTest, EachWeightingOfTasksTrainsInItsOwnWayAndTwiceAlike) {
  const Dataset data = MakeTinyData(Repeated(8, Holding::kBoth));
  const Bytes fixed = TrainedWith(data, TaskWeighting::kFixed, 3).bytes;
  for (const TaskWeighting weighting :
       {TaskWeighting::kUncertainty, TaskWeighting::kGradNorm, TaskWeighting::kDwa}) {
    const Bytes once = TrainedWith(data, weighting, 3).bytes;
    EXPECT_NE(once, fixed) << ToString(weighting);
    EXPECT_EQ(once, TrainedWith(data, weighting, 3).bytes) << ToString(weighting);
  }
}

TEST(TrainerTest, DwaCountsTasksAlikeInTheFirstTwoEpochs) {
  const Dataset data = MakeTinyData(Repeated(8, Holding::kBoth));
  EXPECT_EQ(TrainedWith(data, TaskWeighting::kDwa, 2).bytes,
            TrainedWith(data, TaskWeighting::kFixed, 2).bytes);
}

TEST(TrainerTest, GradNormRefusesActivationsThatAreNotKept) {
  const Dataset data = MakeTinyData(Repeated(4, Holding::kBoth));
  Trainer::Options options = PlainOptions();
  options.weighting.kind = TaskWeighting::kGradNorm;
  options.compute.checkpoint_activations = true;
  Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), options);
  EXPECT_STATUS(trainer.RunEpoch(1e-2, 1), StatusCode::kInvalidArgument, "task-weighting");
}

}  // namespace
}  // namespace consilium
