#include "common/nn/multi_task_net.h"

#include "common/nn/autocast.h"
#include "common/nn/state.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_backbone.h"

#include <torch/utils.h>

namespace consilium {
namespace {

std::vector<TaskSpec> BothTasks() { return {PrognosisTask(), BrixiaTask("zones").value()}; }

MultiTaskNet TinyNet(std::vector<TaskSpec> tasks, double dropout = 0.5) {
  MultiTaskNet net(std::make_shared<TinyBackbone>(), std::move(tasks), dropout);
  Initialise(net, 1);
  return net;
}

std::vector<std::string> HeadEntries(const MultiTaskNet& net) {
  std::vector<std::string> entries;
  const auto layout = LayoutOf(*net);
  for (const EntrySpec& entry : layout->entries()) {
    if (HeadOf(entry).empty()) continue;
    std::string text = entry.name;
    for (const std::int64_t dimension : entry.shape) text += " " + std::to_string(dimension);
    entries.push_back(text);
  }
  return entries;
}

torch::Tensor Images() {
  torch::manual_seed(3);
  return torch::rand({5, 3, 8, 8});
}

TEST(MultiTaskNetTest, SeveralTasksHavePerceptronsOfThreeLayers) {
  const std::vector<std::string> expected{
      "heads.prognosis.0.weight 128 4",  "heads.prognosis.0.bias 128",
      "heads.prognosis.3.weight 32 128", "heads.prognosis.3.bias 32",
      "heads.prognosis.6.weight 2 32",   "heads.prognosis.6.bias 2",
      "heads.brixia.0.weight 128 4",     "heads.brixia.0.bias 128",
      "heads.brixia.3.weight 32 128",    "heads.brixia.3.bias 32",
      "heads.brixia.6.weight 6 32",      "heads.brixia.6.bias 6"};
  EXPECT_EQ(HeadEntries(TinyNet(BothTasks())), expected);
}

TEST(MultiTaskNetTest, OneTaskHasOneLinearLayer) {
  const std::vector<std::string> expected{"heads.prognosis.1.weight 2 4",
                                          "heads.prognosis.1.bias 2"};
  EXPECT_EQ(HeadEntries(TinyNet({PrognosisTask()})), expected);
}

TEST(MultiTaskNetTest, GroupsOfZonesHaveOneLinearLayerEach) {
  const TaskSpec lungs = BrixiaTask("lungs").value();
  const std::vector<std::string> expected{
      "heads.brixia.right.weight 4 4", "heads.brixia.right.bias 4", "heads.brixia.left.weight 4 4",
      "heads.brixia.left.bias 4"};
  EXPECT_EQ(HeadEntries(TinyNet({lungs})), expected);

  MultiTaskNet net = TinyNet({PrognosisTask(), lungs});
  const auto outputs = net->forward(Images());
  EXPECT_EQ(outputs[0].sizes(), (std::vector<std::int64_t>{5, 2}));
  EXPECT_EQ(outputs[1].sizes(), (std::vector<std::int64_t>{5, 8}));
}

TEST(MultiTaskNetTest, HeadsComputeInFloat32WithinAnAutocastGuard) {
  const torch::NoGradGuard no_grad;
  for (const std::vector<TaskSpec>& tasks : {BothTasks(), {BrixiaTask("lungs").value()}}) {
    MultiTaskNet net = TinyNet(tasks);
    net->eval();
    const torch::Tensor features = net->backbone().forward(Images()).to(torch::kBFloat16);
    const auto expected = net->Scores(features.to(torch::kFloat32));
    const AutocastGuard shorter(torch::kCPU, torch::kBFloat16);
    const auto outputs = net->Scores(features);
    for (std::size_t j = 0; j < outputs.size(); ++j) {
      EXPECT_TRUE(torch::equal(outputs[j], expected[j]));
    }
  }
}

TEST(MultiTaskNetTest, AHeadComputesItsLayersByHand) {
  const torch::NoGradGuard no_grad;
  MultiTaskNet net = TinyNet(BothTasks());
  net->eval();
  const auto parameter = net->named_parameters();
  torch::Tensor x = net->backbone().forward(Images());
  for (const std::string layer : {"0", "3", "6"}) {
    const std::string name = "heads.brixia." + layer;
    x = x.matmul(parameter[name + ".weight"].t()) + parameter[name + ".bias"];
    if (layer != "6") x = x.clamp_min(0);
  }
  EXPECT_TRUE(net->forward(Images())[1].allclose(x));
}

TEST(MultiTaskNetTest, RunsInDoublePrecision) {
  MultiTaskNet net = TinyNet(BothTasks());
  net->to(torch::kFloat64);
  const auto outputs = net->forward(Images().to(torch::kFloat64));
  EXPECT_EQ(outputs[0].scalar_type(), torch::kFloat64);
  outputs[0].sum().backward();
  EXPECT_EQ(net->named_parameters()["backbone.conv.weight"].grad().scalar_type(), torch::kFloat64);
}

TEST(MultiTaskNetTest, DropoutRepeatsWithItsSeed) {
  MultiTaskNet net = TinyNet(BothTasks());
  net->EnterTraining(/*freeze_normalisation=*/true);
  net->SeedDropout(5);
  const torch::Tensor first = net->forward(Images())[0];
  EXPECT_FALSE(first.equal(net->forward(Images())[0]));
  net->SeedDropout(5);
  EXPECT_TRUE(first.equal(net->forward(Images())[0]));
}

TEST(MultiTaskNetTest, FrozenNormalisationKeepsItsStatistics) {
  MultiTaskNet net = TinyNet(BothTasks());
  const ParameterBlob before = ReadState(*net);
  net->EnterTraining(/*freeze_normalisation=*/true);
  net->forward(Images());
  EXPECT_EQ(ReadState(*net).bytes, before.bytes);
  EXPECT_TRUE(net->is_training());

  net->EnterTraining(/*freeze_normalisation=*/false);
  net->forward(Images());
  const ParameterBlob after = ReadState(*net);
  EXPECT_NE(after.bytes, before.bytes);
  const torch::Tensor batches = net->named_buffers()["backbone.bn.num_batches_tracked"];
  EXPECT_EQ(batches.item<std::int64_t>(), 1);
}

RunPlan SmallPlan() {
  RunPlan plan;
  plan.tasks = BothTasks();
  return plan;
}

TEST(MakeNetTest, BuildsThePlansBackboneWithAHeadPerTask) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const MultiTaskNet net, MakeNet(SmallPlan()));
  EXPECT_EQ(LayoutOf(*net)->entries().size(), 120u + 12u);  // resnet18 without fc, two heads
  EXPECT_EQ(net->tasks(), BothTasks());
}

TEST(MakeNetTest, TheSeedDecidesEveryValue) {
  RunPlan plan = SmallPlan();
  const Bytes first = ReadState(*MakeNet(plan).value()).bytes;
  EXPECT_EQ(first, ReadState(*MakeNet(plan).value()).bytes);
  plan.seed = 2;
  EXPECT_NE(first, ReadState(*MakeNet(plan).value()).bytes);
}

TEST(MakeNetTest, RefusesWhatNoLayerCanBeCalled) {
  RunPlan plan = SmallPlan();
  plan.backbone = "vgg";
  EXPECT_STATUS(MakeNet(plan), StatusCode::kInvalidArgument, "backbone 'vgg' is unknown");
  plan = SmallPlan();
  plan.tasks[0].id = TaskId("a.b");
  EXPECT_STATUS(MakeNet(plan), StatusCode::kInvalidArgument, "task 'a.b'");
  plan = SmallPlan();
  plan.tasks[1] = BrixiaTask("lungs").value();
  plan.tasks[1].groups[0].name = "";
  EXPECT_STATUS(MakeNet(plan), StatusCode::kInvalidArgument, "name of group ''");
}

}  // namespace
}  // namespace consilium
