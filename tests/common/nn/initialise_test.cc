#include "common/nn/multi_task_net.h"
#include "common/nn/state.h"
#include "tests/support/tiny_backbone.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

namespace consilium {
namespace {

MultiTaskNet NetOf(std::string_view backbone, std::uint64_t seed) {
  MultiTaskNet net(FindBackbone(backbone).value()->make(),
                   std::vector<TaskSpec>{PrognosisTask(), BrixiaTask("zones").value()}, 0.5);
  Initialise(net, seed);
  return net;
}

double StandardDeviation(const torch::Tensor& values) {
  return values.to(torch::kFloat64).square().mean().sqrt().item<double>();
}

TEST(InitialiseTest, HeadsAreXavierUniformWithSmallBiases) {
  const MultiTaskNet net = NetOf("resnet18", 1);
  const auto parameters = net->named_parameters();
  const torch::Tensor weight = parameters["heads.brixia.0.weight"];
  const double bound = std::sqrt(6.0 / (512 + 128));
  EXPECT_LE(weight.abs().max().item<double>(), bound);
  EXPECT_NEAR(StandardDeviation(weight), bound / std::sqrt(3.0), 0.01 * bound);
  EXPECT_TRUE(parameters["heads.brixia.0.bias"].eq(0.01F).all().item<bool>());
}

/// torchvision: resnet.py and mobilenetv2.py scale by the fan-out, densenet.py by the fan-in.
TEST(InitialiseTest, ConvolutionsFollowTheirFamily) {
  const auto deviation = [](std::string_view backbone, const std::string& entry) {
    return StandardDeviation(NetOf(backbone, 1)->named_parameters()["backbone." + entry]);
  };
  const double resnet = std::sqrt(2.0 / (128 * 9));
  EXPECT_NEAR(deviation("resnet18", "layer2.0.conv1.weight"), resnet, 0.02 * resnet);
  const double mobilenet = std::sqrt(2.0 / 1280);
  EXPECT_NEAR(deviation("mobilenet_v2", "features.18.0.weight"), mobilenet, 0.02 * mobilenet);
  const double densenet = std::sqrt(2.0 / (128 * 9));
  EXPECT_NEAR(deviation("densenet121", "features.denseblock1.denselayer1.conv2.weight"), densenet,
              0.02 * densenet);
}

TEST(InitialiseTest, NormalisationsStartAsTheIdentity) {
  MultiTaskNet net = NetOf("resnet18", 1);
  net->train();
  net->forward(torch::rand({2, 3, 64, 64}));
  Initialise(net, 1);
  const auto parameters = net->named_parameters();
  const auto buffers = net->named_buffers();
  EXPECT_TRUE(parameters["backbone.bn1.weight"].eq(1).all().item<bool>());
  EXPECT_TRUE(parameters["backbone.bn1.bias"].eq(0).all().item<bool>());
  EXPECT_TRUE(buffers["backbone.bn1.running_mean"].eq(0).all().item<bool>());
  EXPECT_TRUE(buffers["backbone.bn1.running_var"].eq(1).all().item<bool>());
  EXPECT_EQ(buffers["backbone.bn1.num_batches_tracked"].item<std::int64_t>(), 0);
}

TEST(InitialiseTest, AHeadDoesNotDependOnTheOtherTasks) {
  const auto head_beside = [](std::string_view other) {
    MultiTaskNet net(std::make_shared<TinyBackbone>(),
                     std::vector<TaskSpec>{BrixiaTask(other).value(), PrognosisTask()}, 0.5);
    Initialise(net, 1);
    return ReadState(*net, [](const EntrySpec& e) { return HeadOf(e) != TaskId("brixia"); }).bytes;
  };
  EXPECT_EQ(head_beside("zones"), head_beside("lungs"));
}

TEST(InitialiseTest, NeitherTypeNorTheGlobalGeneratorChangesTheValues) {
  MultiTaskNet narrow(std::make_shared<TinyBackbone>(), std::vector{PrognosisTask()}, 0.5);
  MultiTaskNet wide(std::make_shared<TinyBackbone>(), std::vector{PrognosisTask()}, 0.5);
  wide->to(torch::kFloat64);
  torch::manual_seed(1);
  Initialise(narrow, 9);
  const torch::Tensor drawn_after = torch::rand({4});
  torch::manual_seed(1);
  EXPECT_TRUE(drawn_after.equal(torch::rand({4})));
  Initialise(wide, 9);
  narrow->to(torch::kFloat64);
  EXPECT_EQ(ReadState(*narrow).bytes, ReadState(*wide).bytes);
}

}  // namespace
}  // namespace consilium
