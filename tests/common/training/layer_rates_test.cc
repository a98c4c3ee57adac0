#include "common/training/layer_rates.h"

#include "common/nn/state.h"
#include "common/training/trainer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

const std::vector<Holding> kBoth(8, Holding::kBoth);

TrainingOptions FullBatch() {
  TrainingOptions training;
  training.optimizer = Optimizer::kSgd;
  training.weight_decay = 0;
  training.full_batch = true;
  training.augment = false;
  training.dropout = 0;
  return training;
}

/// Names of the entries that a step changes.
std::vector<std::string> Changed(const TrainingOptions& training,
                                 const std::vector<std::string>& frozen = {}) {
  const Dataset data = MakeTinyData(kBoth);
  MultiTaskNet net = MakeTinyNet(data.tasks);
  const ParameterBlob before = ReadState(*net);
  Trainer::Options options;
  options.training = training;
  options.frozen = frozen;
  Trainer trainer(net, data, AllIndices(data), options);
  EXPECT_OK(trainer.RunEpoch(0.1, 1));
  const ParameterBlob after = ReadState(*net);
  std::vector<std::string> changed;
  for (std::size_t e = 0; e < before.layout->entries().size(); ++e) {
    const auto part = [&](const ParameterBlob& blob) {
      const ByteView bytes =
          ByteView(blob.bytes).subspan(blob.layout->offset(e), blob.layout->size(e));
      return Bytes(bytes.begin(), bytes.end());
    };
    if (part(before) != part(after)) changed.push_back(before.layout->entries()[e].name);
  }
  return changed;
}

TEST(LayerRatesTest, FrozenStagesKeepParametersAndStatistics) {
  TrainingOptions training = FullBatch();
  training.freeze_stages = 1;  // the tiny backbone's only one
  const std::vector<std::string> changed = Changed(training);
  EXPECT_FALSE(changed.empty());
  for (const std::string& name : changed) EXPECT_TRUE(name.starts_with("heads.")) << name;
}

TEST(LayerRatesTest, AFactorOfZeroFreezesAndSoDoesTheCaller) {
  TrainingOptions training = FullBatch();
  training.learning_rate_factors = {{"heads.brixia", 0}};
  for (const std::string& name : Changed(training)) {
    EXPECT_FALSE(name.starts_with("heads.brixia")) << name;
  }
  for (const std::string& name : Changed(FullBatch(), {"heads"})) {
    EXPECT_TRUE(name.starts_with("backbone.")) << name;
  }
}

TEST(LayerRatesTest, TheLongestNameCounts) {
  TrainingOptions training;
  training.learning_rate_factors = {{"backbone", 0.5}, {"backbone.conv", 2}};
  MultiTaskNet net = MakeTinyNet({PrognosisTask()});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LayerRates rates, RatesOf(*net, training, {}));
  const std::vector<std::string> names = net->named_parameters().keys();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double expected = names[i].starts_with("backbone.conv") ? 2
                            : names[i].starts_with("backbone")    ? 0.5
                                                                  : 1;
    EXPECT_EQ(rates.of_parameters[i], expected) << names[i];
  }
}

TEST(LayerRatesTest, HalfTheFactorIsHalfTheStep) {
  const Dataset data = MakeTinyData(kBoth);
  const auto moved = [&](double factor) {
    MultiTaskNet net = MakeTinyNet(data.tasks);
    const torch::Tensor before = net->named_parameters()["backbone.conv.weight"].clone();
    Trainer::Options options;
    options.training = FullBatch();
    options.training.learning_rate_factors = {{"backbone", factor}};
    Trainer trainer(net, data, AllIndices(data), options);
    EXPECT_OK(trainer.RunEpoch(0.1, 1));
    return net->named_parameters()["backbone.conv.weight"].detach() - before.detach();
  };
  EXPECT_TRUE(torch::allclose(moved(0.5) * 2, moved(1), 1e-4, 1e-6));
}

TEST(LayerRatesTest, WhatTheNetworkHasNotIsNamed) {
  MultiTaskNet net = MakeTinyNet({PrognosisTask()});
  TrainingOptions training;
  training.learning_rate_factors = {{"backbone.layer9", 1}};
  EXPECT_STATUS(RatesOf(*net, training, {}), StatusCode::kInvalidArgument,
                "training.learning_rate_factors.backbone.layer9");
  training = {};
  training.freeze_stages = 2;
  EXPECT_STATUS(RatesOf(*net, training, {}), StatusCode::kInvalidArgument,
                "training.freeze_stages: 2, the backbone has 1");
}

}  // namespace
}  // namespace consilium
