#include "common/training/recorded_backbone.h"

#include "common/nn/state.h"
#include "common/training/trainer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <memory>
#include <utility>
#include <vector>

namespace consilium {
namespace {

/// As a GPU does it, but that what is recorded is asked for again at every replay.
class AskingAgain final : public WorkRecorder {
 public:
  explicit AskingAgain(int* replays) : replays_(replays) {}
  void WarmUp(const Work& work) override { work(); }
  std::unique_ptr<RecordedWork> Record(const Work& work) override {
    return std::make_unique<Again>(work, replays_);
  }

 private:
  class Again final : public RecordedWork {
   public:
    Again(Work work, int* replays) : work_(std::move(work)), replays_(replays) {}
    void Replay() override {
      ++*replays_;
      work_();
    }

   private:
    Work work_;
    int* replays_;
  };

  int* replays_;
};

struct RecordedRun {
  Bytes state;
  std::int64_t steps = 0;
  int replays = 0;
};

/// Ten images in batches of four: the last one has two.
RecordedRun TrainTenImages(bool recorded, TrainingOptions training,
                           Precision precision = Precision::kFp32) {
  using enum Holding;
  const Dataset data = MakeTinyData(
      {kPrognosis, kBoth, kBrixia, kBrixia, kBoth, kPrognosis, kBoth, kBrixia, kPrognosis, kBoth});
  MultiTaskNet net = MakeTinyNet(data.tasks, 1, training.dropout);
  RecordedRun run;
  Trainer::Options options;
  options.training = std::move(training);
  options.training.batch_size = 4;
  options.compute.precision = precision;
  options.compute.cuda_graphs = recorded;
  options.make_recorder = [&](torch::Device) {
    return std::make_unique<AskingAgain>(&run.replays);
  };
  Trainer trainer(net, data, AllIndices(data), std::move(options));
  for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
    const auto result = trainer.RunEpoch(1e-2, epoch);
    EXPECT_TRUE(result.ok()) << result.status();
    if (result.ok()) run.steps += result->steps;
  }
  run.state = ReadState(*net).bytes;
  return run;
}

TEST(RecordedBackboneTest, StepsHaveTheBitsOfThoseThatAreNotRecorded) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    for (const bool frozen : {false, true}) {
      TrainingOptions training;
      training.dropout = 0.5;
      training.freeze_normalisation = frozen;
      const RecordedRun plain = TrainTenImages(false, training, precision);
      const RecordedRun recorded = TrainTenImages(true, training, precision);
      EXPECT_EQ(plain.state, recorded.state) << ToString(precision) << ", frozen: " << frozen;
      EXPECT_EQ(recorded.steps, 6);
      EXPECT_EQ(plain.replays, 0);
    }
  }
}

TEST(RecordedBackboneTest, BatchesOfAnotherSizeAreNotReplayed) {
  TrainingOptions training;
  training.dropout = 0;
  // Forward and backward, of two batches in each of two epochs.
  EXPECT_EQ(TrainTenImages(true, training).replays, 8);
}

TEST(RecordedBackboneTest, RecordingLeavesRunningStatisticsAlone) {
  const Dataset data = MakeTinyData(std::vector<Holding>(4, Holding::kBoth));
  MultiTaskNet net = MakeTinyNet(data.tasks);
  net->train();
  const Bytes before = ReadState(*net).bytes;
  int replays = 0;
  const auto recorded = RecordedBackbone::Create(net, torch::empty({4, 3, 64, 64}), std::nullopt,
                                                 std::make_unique<AskingAgain>(&replays));
  ASSERT_NE(recorded, nullptr);
  EXPECT_EQ(ReadState(*net).bytes, before);
  recorded->Forward(torch::rand({4, 3, 64, 64}));
  EXPECT_NE(ReadState(*net).bytes, before);
}

TEST(RecordedBackboneTest, FeaturesWithoutAGradientLeaveTheParametersWithout) {
  const Dataset data = MakeTinyData(std::vector<Holding>(4, Holding::kBoth));
  MultiTaskNet net = MakeTinyNet(data.tasks);
  int replays = 0;
  const auto recorded = RecordedBackbone::Create(net, torch::empty({4, 3, 64, 64}), std::nullopt,
                                                 std::make_unique<AskingAgain>(&replays));
  const torch::Tensor features = recorded->Forward(torch::rand({4, 3, 64, 64}));
  recorded->Backward(features.grad());
  EXPECT_EQ(replays, 1);
  for (const torch::Tensor& parameter : net->parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST(RecordedBackboneTest, WhatCannotBeRecordedIsRefusedBeforeTheFirstStep) {
  const Dataset data = MakeTinyData(std::vector<Holding>(4, Holding::kBoth));
  const auto refusal = [&](const auto& change) {
    Trainer::Options options;
    options.compute.cuda_graphs = true;
    change(options);
    Trainer trainer(MakeTinyNet(data.tasks), data, AllIndices(data), std::move(options));
    return trainer.RunEpoch(1e-2, 1).status();
  };
  const auto recording = [](Trainer::Options& options) {
    static int replays = 0;
    options.make_recorder = [](torch::Device) { return std::make_unique<AskingAgain>(&replays); };
  };
  EXPECT_STATUS(refusal([](Trainer::Options&) {}), StatusCode::kInvalidArgument, "device 'cpu'");
  EXPECT_STATUS(refusal([&](Trainer::Options& options) {
                  recording(options);
                  options.compute.further_devices = {torch::kCPU};
                }),
                StatusCode::kInvalidArgument, "a single device");
  EXPECT_STATUS(refusal([&](Trainer::Options& options) {
                  recording(options);
                  options.compute.checkpoint_activations = true;
                }),
                StatusCode::kInvalidArgument, "checkpoint-activations");
  EXPECT_STATUS(refusal([&](Trainer::Options& options) {
                  recording(options);
                  options.weighting.kind = TaskWeighting::kGradNorm;
                }),
                StatusCode::kInvalidArgument, "gradnorm");
}

}  // namespace
}  // namespace consilium
