#include "common/training/trainer_state.h"

#include "common/nn/state.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_net.h"

#include <torch/types.h>

namespace consilium {
namespace {

class TrainerStateTest : public testing::Test {
 protected:
  TrainerStateTest() {
    const auto parameters = net_->parameters();
    memory_.optimizer.resize(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      FusedOptimizer::Memory& one = memory_.optimizer[i];
      one.steps = static_cast<std::int64_t>(i) + 1;
      if (i % 2 == 0) one.first = torch::full_like(parameters[i], static_cast<double>(i) + 0.25);
      if (i % 3 == 0) one.second = torch::full_like(parameters[i], static_cast<double>(i) + 0.5);
    }
    memory_.scaler = LossScaler(1024, 17);
  }

  /// The state without its entry `left_out`, and with `added`.
  Status Unpacked(const std::string& left_out, const NamedTensor& added = {}) {
    ParameterBlob state = PackTrainerMemory(*net_, memory_);
    std::vector<NamedTensor> tensors;
    const std::vector<torch::Tensor> values = TensorsOf(state);
    for (std::size_t e = 0; e < values.size(); ++e) {
      const std::string& name = state.layout->entries()[e].name;
      if (name != left_out) tensors.push_back({name, values[e]});
    }
    if (added.tensor.defined()) tensors.push_back(added);
    return UnpackTrainerMemory(*net_, BlobOf(tensors)).status();
  }

  MultiTaskNet net_ = MakeTinyNet({PrognosisTask()});
  TrainerMemory memory_;
};

TEST_F(TrainerStateTest, UnpacksToWhatWasPacked) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TrainerMemory read,
                                 UnpackTrainerMemory(*net_, PackTrainerMemory(*net_, memory_)));
  EXPECT_EQ(read.scaler.scale(), 1024);
  EXPECT_EQ(read.scaler.steps_without_overflow(), 17);
  ASSERT_EQ(read.optimizer.size(), memory_.optimizer.size());
  for (std::size_t i = 0; i < read.optimizer.size(); ++i) {
    const FusedOptimizer::Memory& one = read.optimizer[i];
    const FusedOptimizer::Memory& expected = memory_.optimizer[i];
    EXPECT_EQ(one.steps, expected.steps);
    ASSERT_EQ(one.first.defined(), expected.first.defined());
    ASSERT_EQ(one.second.defined(), expected.second.defined());
    EXPECT_TRUE(!one.first.defined() || torch::equal(one.first, expected.first));
    EXPECT_TRUE(!one.second.defined() || torch::equal(one.second, expected.second));
  }
}

TEST_F(TrainerStateTest, RefusesTheStateOfAnotherNetwork) {
  ASSERT_OK(Unpacked(""));
  EXPECT_STATUS(Unpacked("steps"), StatusCode::kInvalidArgument, "'steps'");
  EXPECT_STATUS(Unpacked("loss_scale"), StatusCode::kInvalidArgument, "'loss_scale'");
  EXPECT_STATUS(Unpacked("steps", {"steps", torch::zeros({1}, torch::kInt64)}),
                StatusCode::kInvalidArgument, "'steps'");
  EXPECT_STATUS(Unpacked("loss_scale", {"loss_scale", torch::zeros({2}, torch::kFloat64)}),
                StatusCode::kInvalidArgument, "'loss_scale'");
  EXPECT_STATUS(Unpacked("", {"first.nobody", torch::zeros({1})}), StatusCode::kInvalidArgument,
                "'first.nobody'");
  const std::string name = "first." + net_->named_parameters().keys().front();
  EXPECT_STATUS(Unpacked(name, {name, torch::zeros({1, 2, 3, 4, 5})}), StatusCode::kInvalidArgument,
                name);
}

}  // namespace
}  // namespace consilium
