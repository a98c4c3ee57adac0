#include "common/training/evaluate.h"

#include "common/data/batch.h"
#include "common/training/class_weights.h"
#include "common/training/masked_loss.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace consilium {
namespace {

Dataset MixedData() {
  return MakeTinyData({Holding::kBoth, Holding::kPrognosis, Holding::kBrixia, Holding::kNothing,
                       Holding::kBoth, Holding::kPrognosis});
}

TEST(EvaluateTest, PredictsEveryImageInOrderWhateverTheBatchSize) {
  const Dataset data = MixedData();
  MultiTaskNet net = MakeTinyNet(data.tasks, 1, 0.5);
  const Indices some{5, 0, 3};
  EvaluateOptions one_by_one;
  one_by_one.batch_size = 1;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Predictions together, Predict(net, data, some, {}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Predictions single, Predict(net, data, some, one_by_one));
  ASSERT_EQ(together.size(), 2U);
  EXPECT_EQ(together[0].sizes(), (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(together[1].sizes(), (std::vector<std::int64_t>{3, 6}));
  for (std::size_t j = 0; j < 2; ++j) {
    EXPECT_TRUE(torch::allclose(together[j], single[j], 1e-5, 1e-6));
  }
  EXPECT_TRUE(torch::allclose(together[0].sum(1), torch::ones({3})));
}

TEST(EvaluateTest, CountsOnlyLabelsThatExistAndTheLossOfMaskedLoss) {
  Dataset data = MixedData();
  for (const char* structure : {"zones", "lungs", "global"}) {
    data.tasks[1] = BrixiaTask(structure).value();
    MultiTaskNet net = MakeTinyNet(data.tasks);
    const Indices all = AllIndices(data);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto counts, Evaluate(net, data, all, {}));
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_EQ(counts[0].n, 4);
    EXPECT_EQ(counts[1].n, 3);
    const torch::NoGradGuard no_gradient;
    const Batch batch = MakeBatch(data, all, {}, {});
    const auto outputs = net->forward(batch.images);
    for (std::size_t j = 0; j < 2; ++j) {
      const double expected =
          PerImageLoss(data.tasks[j], outputs[j], batch.targets[j]).sum().item<double>();
      EXPECT_NEAR(counts[j].loss_sum, expected, 1e-5) << structure;
    }
  }
}

TEST(EvaluateTest, NoImagesGiveEmptyCounts) {
  const Dataset data = MixedData();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto counts,
                                 Evaluate(MakeTinyNet(data.tasks), data, {}, {}));
  EXPECT_EQ(counts[0], EmptyCounts(data.tasks[0]));
}

TEST(EvaluateTest, InterruptEndsIt) {
  const Dataset data = MixedData();
  Interrupt interrupt;
  interrupt.Request();
  EvaluateOptions options;
  options.interrupt = &interrupt;
  EXPECT_STATUS(Predict(MakeTinyNet(data.tasks), data, AllIndices(data), options),
                StatusCode::kCancelled, "interrupted");
}

TEST(ClassWeightsTest, AreInverseToTheFrequency) {
  Dataset data = MakeTinyData(std::vector<Holding>(4, Holding::kBoth));
  data.tasks[1] = BrixiaTask("global").value();
  for (std::size_t i = 0; i < 4; ++i) {
    data.samples[i].labels[0] = {i == 0 ? 1 : 0};  // three mild, one severe
    data.samples[i].labels[1] = i == 0 ? std::vector<int>(6, 3) : std::vector<int>(6, 0);
  }
  const auto weights = InverseFrequencyWeights(data, AllIndices(data));
  // n / (K n_c): 4 / (2 * 3) and 4 / (2 * 1); over four classes 4 / (4 * 3), none, none, 4 / 4
  EXPECT_TRUE(torch::allclose(weights[0], torch::tensor({2.0 / 3, 2.0}, torch::kFloat64)));
  EXPECT_TRUE(
      torch::allclose(weights[1], torch::tensor({1.0 / 3, 0.0, 0.0, 1.0}, torch::kFloat64)));
  EXPECT_FALSE(InverseFrequencyWeights(MixedData(), {0})[1].defined());
}

}  // namespace
}  // namespace consilium
