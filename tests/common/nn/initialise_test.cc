#include "common/nn/initial_values.h"
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

/// One parameter of a backbone, drawn as Initialise() draws it.
torch::Tensor Drawn(std::string_view backbone, const std::string& entry) {
  const std::shared_ptr<Backbone> made = FindBackbone(backbone).value()->make();
  torch::Tensor value = torch::empty(made->named_parameters()[entry].sizes());
  made->InitialiseParameter(entry, value, MakeGenerator(1));
  return value;
}

void ExpectNormal(const torch::Tensor& values, double deviation) {
  EXPECT_NEAR(StandardDeviation(values), deviation, 0.02 * deviation);
  EXPECT_GT(values.abs().max().item<double>(), 3 * deviation);
}

void ExpectUniform(const torch::Tensor& values, double bound) {
  EXPECT_NEAR(StandardDeviation(values), bound / std::sqrt(3.0), 0.02 * bound);
  EXPECT_LE(values.abs().max().item<double>(), bound);
}

/// torchvision: resnet.py, mobilenetv2.py, vgg.py scale by the fan-out, densenet.py by the fan-in.
TEST(InitialiseTest, ConvolutionsAreKaimingNormalInMostFamilies) {
  ExpectNormal(Drawn("resnet18", "layer2.0.conv1.weight"), std::sqrt(2.0 / (128 * 9)));
  ExpectNormal(Drawn("mobilenet_v2", "features.18.0.weight"), std::sqrt(2.0 / 1280));
  ExpectNormal(Drawn("vgg11", "features.3.weight"), std::sqrt(2.0 / (128 * 9)));
  ExpectNormal(Drawn("densenet121", "features.denseblock1.denselayer1.conv2.weight"),
               std::sqrt(2.0 / (128 * 9)));
}

/// torchvision: googlenet.py, convnext.py and, for its linear layers, vgg.py.
TEST(InitialiseTest, SomeFamiliesHaveOneDeviationForAllLayers) {
  ExpectNormal(Drawn("googlenet", "inception3a.branch2.1.conv.weight"), 0.01);
  ExpectNormal(Drawn("convnext_tiny", "features.1.0.block.3.weight"), 0.02);
  ExpectNormal(Drawn("vgg11", "classifier.3.weight"), 0.01);
  EXPECT_TRUE(Drawn("convnext_tiny", "features.1.0.layer_scale").eq(1e-6F).all().item<bool>());
  EXPECT_TRUE(Drawn("convnext_tiny", "features.1.0.block.2.weight").eq(1).all().item<bool>());
  EXPECT_TRUE(Drawn("googlenet", "conv1.bn.weight").eq(1).all().item<bool>());
}

/// torchvision: squeezenet.py scales for ReLU; shufflenetv2.py and alexnet.py leave LibTorch's own.
TEST(InitialiseTest, SomeFamiliesAreUniformWithinTheFanIn) {
  ExpectUniform(Drawn("squeezenet1_1", "features.3.expand3x3.weight"), std::sqrt(6.0 / (16 * 9)));
  EXPECT_TRUE(Drawn("squeezenet1_1", "features.3.squeeze.bias").eq(0).all().item<bool>());
  ExpectUniform(Drawn("shufflenet_v2_x0_5", "conv5.0.weight"), 1 / std::sqrt(192.0));
  EXPECT_TRUE(Drawn("shufflenet_v2_x0_5", "conv5.1.bias").eq(0).all().item<bool>());
  ExpectUniform(Drawn("alexnet", "features.3.weight"), 1 / std::sqrt(64 * 25.0));
  ExpectUniform(Drawn("alexnet", "classifier.4.bias"), 1 / std::sqrt(4096.0));
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
