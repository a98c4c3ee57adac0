#include "common/training/masked_loss.h"

#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>
#include <torch/nn/functional.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace consilium {
namespace {

using torch::Tensor;

Tensor Doubles(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  return torch::tensor(values, torch::kFloat64).view(shape);
}

TaskTargets Targets(const std::vector<std::int64_t>& values, const std::vector<bool>& present) {
  const auto rows = static_cast<std::int64_t>(present.size());
  TaskTargets targets{torch::tensor(values, torch::kInt64).view({rows, -1}),
                      torch::zeros({rows}, torch::kBool)};
  for (std::int64_t i = 0; i < rows; ++i) targets.present[i] = static_cast<bool>(present[i]);
  return targets;
}

const std::vector<double> kOneFactor{1};

double LossOf(const TaskSpec& task, const Tensor& outputs, const TaskTargets& targets,
              Reduction reduction = Reduction::kLabelled, const Tensor& class_weights = {}) {
  const std::vector<TaskSpec> tasks{task};
  const Result<Tensor> loss =
      MaskedMultiTaskLoss(tasks, {outputs}, {targets}, kOneFactor, reduction, {class_weights});
  EXPECT_TRUE(loss.ok()) << loss.status();
  return loss.ok() && loss->defined() ? loss->item<double>() : std::nan("");
}

// Two classes with scores (0, log 3): probabilities 1/4 and 3/4. Rows: labelled mild, labelled
// severe, without label. Losses log 4 and log 4/3.
const double kLog3 = std::log(3.0);
Tensor ThreeRows() { return Doubles({0, kLog3, 0, kLog3, 100, -100}, {3, 2}); }
TaskTargets TwoOfThree() { return Targets({0, 1, 0}, {true, true, false}); }

TEST(MaskedLossTest, LabelledReductionAveragesOverLabelledImages) {
  // (log 4 + log 4/3) / 2
  EXPECT_NEAR(LossOf(PrognosisTask(), ThreeRows(), TwoOfThree()),
              (std::log(4.0) + std::log(4.0 / 3)) / 2, 1e-12);
}

TEST(MaskedLossTest, BatchReductionAveragesOverTheWholeBatch) {
  // (log 4 + log 4/3 + 0) / 3
  EXPECT_NEAR(LossOf(PrognosisTask(), ThreeRows(), TwoOfThree(), Reduction::kBatch),
              (std::log(4.0) + std::log(4.0 / 3)) / 3, 1e-12);
}

TEST(MaskedLossTest, ZonesAreTheMeanSquareOverZones) {
  const TaskSpec task = BrixiaTask("zones").value();
  const Tensor outputs = Doubles({1, 1, 2, 0, 0, 0, 9, 9, 9, 9, 9, 9}, {2, 6});
  const TaskTargets targets = Targets({0, 1, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0}, {true, false});
  // (1 + 0 + 0 + 0 + 0 + 4) / 6, over one labelled image or over two
  EXPECT_NEAR(LossOf(task, outputs, targets), 5.0 / 6, 1e-12);
  EXPECT_NEAR(LossOf(task, outputs, targets, Reduction::kBatch), 5.0 / 12, 1e-12);
}

TEST(MaskedLossTest, LungsAreTheSumOfTwoCrossEntropies) {
  const TaskSpec task = BrixiaTask("lungs").value();
  // Right lung: uniform over four classes, log 4. Left lung: scores (log 3, 0, 0, 0), so the true
  // class 3 (sum 9) has probability 1/6.
  const Tensor outputs = Doubles({0, 0, 0, 0, kLog3, 0, 0, 0}, {1, 8});
  const TaskTargets targets = Targets({0, 1, 1, 3, 3, 3}, {true});
  EXPECT_NEAR(LossOf(task, outputs, targets), std::log(4.0) + std::log(6.0), 1e-12);
  EXPECT_NEAR(PerImageLoss(task, outputs, targets).item<double>(), std::log(4.0) + std::log(6.0),
              1e-12);
}

TEST(MaskedLossTest, ClassWeightsDivideByTheirSumAsTorchDoes) {
  const Tensor weights = Doubles({0.5, 2}, {2});
  // (0.5 log 4 + 2 log 4/3) / 2.5, as torch.nn.functional.cross_entropy(weight=...) computes
  EXPECT_NEAR(LossOf(PrognosisTask(), ThreeRows(), TwoOfThree(), Reduction::kLabelled, weights),
              (0.5 * std::log(4.0) + 2 * std::log(4.0 / 3)) / 2.5, 1e-12);
  const Tensor torch_loss = torch::nn::functional::cross_entropy(
      ThreeRows().slice(0, 0, 2), torch::tensor({0, 1}, torch::kInt64),
      torch::nn::functional::CrossEntropyFuncOptions().weight(weights));
  EXPECT_NEAR(LossOf(PrognosisTask(), ThreeRows(), TwoOfThree(), Reduction::kLabelled, weights),
              torch_loss.item<double>(), 1e-12);
  // (0.5 log 4 + 2 log 4/3) / 3
  EXPECT_NEAR(LossOf(PrognosisTask(), ThreeRows(), TwoOfThree(), Reduction::kBatch, weights),
              (0.5 * std::log(4.0) + 2 * std::log(4.0 / 3)) / 3, 1e-12);
}

TEST(MaskedLossTest, FactorsWeighTasks) {
  const std::vector<TaskSpec> tasks{PrognosisTask(), PrognosisTask()};
  const std::vector<double> factors{2, 0.5};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Tensor loss,
      MaskedMultiTaskLoss(tasks, {ThreeRows(), ThreeRows()},
                          {TwoOfThree(), Targets({0, 0, 0}, {true, false, false})}, factors,
                          Reduction::kLabelled));
  EXPECT_NEAR(loss.item<double>(),
              2 * (std::log(4.0) + std::log(4.0 / 3)) / 2 + 0.5 * std::log(4.0), 1e-12);
}

TEST(MaskedLossTest, RowWithoutLabelHasNoLossWhateverItHolds) {
  const double nan = std::nan("");
  Tensor outputs = Doubles({0, kLog3, nan, nan}, {2, 2}).requires_grad_();
  const TaskTargets targets = Targets({0, 0}, {true, false});
  const Tensor per_image = PerImageLoss(PrognosisTask(), outputs, targets);
  EXPECT_EQ(per_image[1].item<double>(), 0);
  per_image.sum().backward();
  EXPECT_EQ(outputs.grad()[1].abs().sum().item<double>(), 0);
  EXPECT_GT(outputs.grad()[0].abs().sum().item<double>(), 0);
}

TEST(MaskedLossTest, TaskWithoutLabelsLeavesItsGradientUndefined) {
  const std::vector<TaskSpec> tasks{PrognosisTask(), BrixiaTask("zones").value()};
  Tensor first = ThreeRows().requires_grad_();
  Tensor second = torch::ones({3, 6}, torch::kFloat64).requires_grad_();
  const std::vector<double> factors{1, 1};
  for (const Reduction reduction : {Reduction::kLabelled, Reduction::kBatch}) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(
        const Tensor loss,
        MaskedMultiTaskLoss(
            tasks, {first, second},
            {TwoOfThree(), Targets(std::vector<std::int64_t>(18, 0), {false, false, false})},
            factors, reduction));
    loss.backward();
    EXPECT_TRUE(first.grad().defined());
    EXPECT_FALSE(second.grad().defined());
  }
}

TEST(MaskedLossTest, NoLabelAtAllGivesNoLoss) {
  const std::vector<TaskSpec> tasks{PrognosisTask()};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Tensor loss,
      MaskedMultiTaskLoss(tasks, {ThreeRows()}, {Targets({0, 0, 0}, {false, false, false})},
                          kOneFactor, Reduction::kLabelled));
  EXPECT_FALSE(loss.defined());
}

TEST(MaskedLossTest, ShapesAndTaskSetsMustAgree) {
  const std::vector<TaskSpec> tasks{PrognosisTask()};
  const auto loss = [&](const Tensor& outputs, const TaskTargets& targets) {
    return MaskedMultiTaskLoss(tasks, {outputs}, {targets}, kOneFactor, Reduction::kLabelled);
  };
  EXPECT_STATUS(loss(torch::zeros({3, 3}), TwoOfThree()), StatusCode::kInvalidArgument,
                "prognosis");
  EXPECT_STATUS(loss(torch::zeros({2, 2}), TwoOfThree()), StatusCode::kInvalidArgument, "targets");
  EXPECT_STATUS(loss(torch::zeros({3, 2}, torch::kInt64), TwoOfThree()),
                StatusCode::kInvalidArgument, "floating point");
  EXPECT_STATUS(MaskedMultiTaskLoss(tasks, {}, {}, kOneFactor, Reduction::kLabelled),
                StatusCode::kInvalidArgument, "one per task");
}

/// Central differences of the whole loss against autograd, in float64.
void CheckGradients(const std::vector<TaskSpec>& tasks, const std::vector<TaskTargets>& targets,
                    Reduction reduction, const std::vector<Tensor>& class_weights) {
  const std::vector<double> factors(tasks.size(), 0.7);
  std::vector<Tensor> outputs;
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    const std::int64_t count = targets[j].values.size(0) * OutputWidth(tasks[j]);
    outputs.push_back(torch::sin(torch::arange(count, torch::kFloat64) * 1.7 + 0.3)
                          .view({targets[j].values.size(0), -1})
                          .requires_grad_());
  }
  const auto loss = [&] {
    return MaskedMultiTaskLoss(tasks, outputs, targets, factors, reduction, class_weights).value();
  };
  loss().backward();
  const torch::NoGradGuard no_gradient;
  constexpr double kStep = 1e-5;
  for (Tensor& output : outputs) {
    auto* values = output.data_ptr<double>();
    for (std::int64_t i = 0; i < output.numel(); ++i) {
      const double middle = values[i];
      values[i] = middle + kStep;
      const double above = loss().item<double>();
      values[i] = middle - kStep;
      const double below = loss().item<double>();
      values[i] = middle;
      const double autograd =
          output.grad().defined() ? output.grad().view({-1})[i].item<double>() : 0;
      EXPECT_NEAR(autograd, (above - below) / (2 * kStep), 1e-9);
    }
  }
}

TEST(MaskedLossTest, GradientsAgreeWithCentralDifferences) {
  const TaskTargets classes = Targets({0, 1, 0, 1}, {true, false, false, true});
  const TaskTargets zones = Targets({0, 1, 2, 3, 0, 1,  //
                                     1, 1, 1, 1, 1, 1,  //
                                     3, 3, 3, 2, 2, 2,  //
                                     0, 0, 0, 0, 0, 0},
                                    {true, true, false, false});
  for (const Reduction reduction : {Reduction::kLabelled, Reduction::kBatch}) {
    CheckGradients({PrognosisTask(), BrixiaTask("zones").value()}, {classes, zones}, reduction, {});
    CheckGradients({PrognosisTask(), BrixiaTask("lungs").value()}, {classes, zones}, reduction,
                   {Doubles({0.5, 3}, {2}), torch::arange(1, 9, torch::kFloat64)});
    CheckGradients({BrixiaTask("global").value()}, {zones}, reduction, {});
  }
}

}  // namespace
}  // namespace consilium
