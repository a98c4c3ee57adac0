#include "common/training/data_parallel.h"

#include "common/nn/state.h"
#include "common/training/class_weights.h"
#include "common/training/trainer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

using testing::ElementsAre;

TEST(ShareBoundsTest, SharesAreEvenAndNeverOfOneImage) {
  EXPECT_THAT(ShareBounds(8, 2), ElementsAre(0, 4, 8));
  EXPECT_THAT(ShareBounds(7, 2), ElementsAre(0, 3, 7));
  EXPECT_THAT(ShareBounds(5, 3), ElementsAre(0, 2, 5));
  EXPECT_THAT(ShareBounds(3, 2), ElementsAre(0, 3));
  EXPECT_THAT(ShareBounds(1, 4), ElementsAre(0, 1));
}

/// Images with prognosis only, Brixia only and both, unevenly spread over the shares.
Dataset UnevenData() {
  using enum Holding;
  return MakeTinyData({kPrognosis, kPrognosis, kBoth, kBrixia, kBrixia, kBrixia, kBoth, kBrixia,
                       kPrognosis, kBoth});
}

struct Trained {
  Bytes state;
  EpochResult epoch;
};

Trained TrainOn(int devices, TrainingOptions training, torch::ScalarType type,
                Precision precision = Precision::kFp32) {
  const Dataset data = UnevenData();
  MultiTaskNet net = MakeTinyNet(data.tasks, 1, training.dropout);
  net->to(type);
  Trainer::Options options;
  options.training = training;
  options.training.augment = false;
  options.training.batch_size = 5;
  options.compute.precision = precision;
  options.compute.further_devices.assign(devices - 1, torch::kCPU);
  options.make_replica = [&]() -> Result<MultiTaskNet> {
    MultiTaskNet replica = MakeTinyNet(data.tasks, 99, training.dropout);
    replica->to(type);
    return replica;
  };
  Trainer trainer(net, data, AllIndices(data), std::move(options));
  Trained trained;
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
    auto result = trainer.RunEpoch(1e-2, epoch);
    EXPECT_TRUE(result.ok()) << result.status();
    if (result.ok()) trained.epoch = *std::move(result);
  }
  net->to(torch::kFloat64);
  trained.state = ReadState(*net).bytes;
  return trained;
}

double LargestDifference(const Bytes& a, const Bytes& b) {
  const auto values = [](const Bytes& bytes) {
    return torch::tensor(at::ArrayRef<std::uint8_t>(
                             reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))
        .view(torch::kFloat64);
  };
  return (values(a) - values(b)).abs().max().item<double>();
}

/// Running statistics are used, so a share sees what the whole batch would.
TrainingOptions Frozen() {
  TrainingOptions training;
  training.dropout = 0;
  training.freeze_normalisation = true;
  return training;
}

TEST(DataParallelTest, TwoDevicesTakeTheStepsOfOne) {
  for (const Reduction reduction : {Reduction::kLabelled, Reduction::kBatch}) {
    for (const bool weighted : {false, true}) {
      TrainingOptions training = Frozen();
      training.reduction = reduction;
      training.class_weights = weighted;
      const Trained one = TrainOn(1, training, torch::kFloat64);
      const Trained two = TrainOn(2, training, torch::kFloat64);
      ASSERT_EQ(one.state.size(), two.state.size());
      EXPECT_LT(LargestDifference(one.state, two.state), 1e-6);
      EXPECT_EQ(one.epoch.images, two.epoch.images);
      EXPECT_EQ(one.epoch.tasks[1].n, two.epoch.tasks[1].n);
      EXPECT_NEAR(one.epoch.tasks[0].loss_sum, two.epoch.tasks[0].loss_sum, 1e-9);
    }
  }
}

TEST(DataParallelTest, EqualRunsGiveEqualBits) {
  TrainingOptions training;
  training.dropout = 0.5;
  const Trained first = TrainOn(2, training, torch::kFloat32);
  const Trained second = TrainOn(2, training, torch::kFloat32);
  EXPECT_EQ(first.state, second.state);
}

TEST(DataParallelTest, ReplicasComputeInTheChosenPrecision) {
  const Trained plain = TrainOn(2, Frozen(), torch::kFloat32);
  const Trained shorter = TrainOn(2, Frozen(), torch::kFloat32, Precision::kBf16);
  EXPECT_NE(plain.state, shorter.state);
  EXPECT_LT(LargestDifference(plain.state, shorter.state), 0.1);
}

}  // namespace
}  // namespace consilium
