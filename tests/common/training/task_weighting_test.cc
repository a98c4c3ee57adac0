#include "common/training/task_weighting.h"

#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>

namespace consilium {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-10;

json Golden() {
  std::ifstream file(CONSILIUM_GOLDEN_DIR "/weightings/weightings.json");
  EXPECT_TRUE(file.good()) << "golden/weightings/weightings.json is missing";
  return file.good() ? json::parse(file) : json();
}

/// Two of classes, one of zones, as in the golden file.
std::vector<TaskSpec> Tasks(const std::vector<double>& lambdas) {
  std::vector<TaskSpec> tasks = {PrognosisTask(), PrognosisTask(), BrixiaTask("zones").value()};
  for (std::size_t j = 0; j < tasks.size(); ++j) tasks[j].weight = lambdas[j];
  return tasks;
}

TaskWeighter Weighter(TaskWeighting kind, const std::vector<double>& lambdas = {1, 1, 1}) {
  TaskWeightingOptions options;
  options.kind = kind;
  return {options, Tasks(lambdas)};
}

std::vector<TaskSignal> SignalsOf(const json& step) {
  std::vector<TaskSignal> signals(step.at("losses").size());
  for (std::size_t j = 0; j < signals.size(); ++j) {
    if (step.at("losses")[j].is_null()) continue;
    signals[j] = {true, step.at("losses")[j].get<double>(), step.at("norms")[j].get<double>()};
  }
  return signals;
}

void ExpectWeights(const TaskWeighter& weighter, const json& expected, std::size_t step) {
  for (std::size_t j = 0; j < weighter.weights().size(); ++j) {
    EXPECT_NEAR(weighter.weights()[j], expected.at("weights")[j].get<double>(), kTolerance)
        << "step " << step << ", task " << j;
  }
}

void ExpectGoldenSteps(TaskWeighting kind) {
  const json golden = Golden();
  const json& steps = golden.at(std::string(ToString(kind))).at("steps");
  TaskWeighter weighter = Weighter(kind, golden.at("lambdas").get<std::vector<double>>());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    weighter.ObserveStep(SignalsOf(steps[i]), golden.at("uncertainty").at("rate").get<double>());
    ExpectWeights(weighter, steps[i], i);
  }
  EXPECT_GE(steps.size(), 10U);
}

TEST(TaskWeightingTest, UncertaintyLearnsAsAdamOnTheJointLossDoes) {
  ExpectGoldenSteps(TaskWeighting::kUncertainty);
}

TEST(TaskWeightingTest, GradNormLearnsAsAutogradOfTheNormsDoes) {
  ExpectGoldenSteps(TaskWeighting::kGradNorm);
}

TEST(TaskWeightingTest, DwaFollowsTheRatioOfTheLastTwoEpochs) {
  const json epochs = Golden().at("dwa").at("epochs");
  TaskWeighter weighter = Weighter(TaskWeighting::kDwa);
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    std::vector<std::optional<double>> losses;
    for (const json& loss : epochs[i].at("losses")) {
      losses.push_back(loss.is_null() ? std::nullopt : std::optional(loss.get<double>()));
    }
    weighter.ObserveEpoch(losses);
    ExpectWeights(weighter, epochs[i], i);
  }
}

TEST(TaskWeightingTest, FixedIsOneWhateverItSees) {
  TaskWeighter weighter = Weighter(TaskWeighting::kFixed);
  weighter.ObserveStep(std::vector<TaskSignal>(3, {true, 5, 7}), 0.1);
  weighter.ObserveEpoch(std::vector<std::optional<double>>{3, 2, 1});
  EXPECT_EQ(weighter.weights(), (std::vector<double>{1, 1, 1}));
}

TEST(TaskWeightingTest, AnAbsentTaskKeepsItsWeightToTheBit) {
  for (const TaskWeighting kind : {TaskWeighting::kUncertainty, TaskWeighting::kGradNorm}) {
    TaskWeighter weighter = Weighter(kind);
    weighter.ObserveStep(std::vector<TaskSignal>{{true, 1, 1}, {true, 2, 3}, {true, 3, 2}}, 0.01);
    const double before = weighter.weights()[1];
    weighter.ObserveStep(std::vector<TaskSignal>{{true, 0.5, 1}, {}, {true, 4, 2}}, 0.01);
    EXPECT_EQ(weighter.weights()[1], before) << ToString(kind);
  }
}

TEST(TaskWeightingTest, ALossThatIsNotFiniteCountsAsAbsent) {
  TaskWeighter weighter = Weighter(TaskWeighting::kGradNorm);
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  weighter.ObserveStep(std::vector<TaskSignal>{{true, 1, nothing}, {true, 2, 3}, {}}, 0.01);
  EXPECT_EQ(weighter.weights(), (std::vector<double>{1, 1, 1}));
}

TEST(TaskWeightingTest, GradNormKeepsTheSumOfItsWeightsAndEachAboveZero) {
  TaskWeighter weighter = Weighter(TaskWeighting::kGradNorm);
  for (int i = 0; i < 400; ++i) {
    weighter.ObserveStep(std::vector<TaskSignal>{{true, 1, 1e6}, {true, 1, 1e-3}, {true, 1, 1}}, 0);
  }
  double sum = 0;
  for (const double weight : weighter.weights()) {
    EXPECT_GT(weight, 0);
    sum += weight;
  }
  EXPECT_NEAR(sum, 3, 1e-9);
}

TEST(TaskWeightingTest, AWrongNameOrValueSaysWhatIsAllowed) {
  EXPECT_STATUS(ParseTaskWeighting("kendall"), StatusCode::kInvalidArgument,
                "task-weighting: 'kendall' is unknown, expected one of fixed, uncertainty, "
                "gradnorm, dwa");
  TaskWeightingOptions options;
  options.dwa_temperature = 0;
  EXPECT_STATUS(ValidateTaskWeighting(options), StatusCode::kInvalidArgument, "dwa-temperature");
  options = {};
  options.gradnorm_alpha = -1;
  EXPECT_STATUS(ValidateTaskWeighting(options), StatusCode::kInvalidArgument, "gradnorm-alpha");
}

}  // namespace
}  // namespace consilium
