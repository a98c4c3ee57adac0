#include "common/nn/torch_script.h"

#include "tests/support/status_matchers.h"
#include "tests/support/tiny_net.h"

#include <torch/script.h>

#include <cstring>
#include <sstream>

namespace consilium {
namespace {

const std::vector<TaskSpec>& Tasks() {
  static const std::vector<TaskSpec> tasks{PrognosisTask(), BrixiaTask("zones").value()};
  return tasks;
}

torch::jit::Module Loaded(const Bytes& bytes, torch::jit::ExtraFilesMap& extra) {
  std::istringstream in(std::string(AsText(bytes)));
  return torch::jit::load(in, torch::kCPU, extra);
}

c10::Dict<c10::IValue, c10::IValue> Scores(torch::jit::Module& script,
                                           const torch::Tensor& images) {
  return script.forward({images}).toGenericDict();
}

TEST(TorchScriptTest, GivesTheNetworksScoresForEveryBatchSize) {
  const torch::NoGradGuard no_grad;
  MultiTaskNet net = MakeTinyNet(Tasks(), 1, 0.5);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Bytes bytes,
      SerializeTorchScript(net, {Tasks()[0].id, Tasks()[1].id}, 8, {{"run", "trial"}}));
  torch::jit::ExtraFilesMap extra{{"run", ""}};
  torch::jit::Module script = Loaded(bytes, extra);
  EXPECT_EQ(extra.at("run"), "trial");
  for (const std::int64_t batch : {1, 2, 5}) {
    const torch::Tensor images = torch::rand({batch, 3, 8, 8});
    const std::vector<torch::Tensor> expected = net->forward(images);
    const auto scores = Scores(script, images);
    ASSERT_EQ(scores.size(), 2U);
    for (std::size_t j = 0; j < expected.size(); ++j) {
      EXPECT_TRUE(scores.at(Tasks()[j].id.str()).toTensor().equal(expected[j])) << batch;
    }
  }
}

TEST(TorchScriptTest, HoldsTheHeadsThatAreAskedForAndTheTensorsNames) {
  MultiTaskNet net = MakeTinyNet(Tasks(), 1, 0.5);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes bytes,
                                 SerializeTorchScript(net, {Tasks()[1].id}, 8, {}));
  torch::jit::ExtraFilesMap extra;
  torch::jit::Module script = Loaded(bytes, extra);
  EXPECT_EQ(Scores(script, torch::rand({1, 3, 8, 8})).size(), 1U);
  bool backbone = false;
  for (const auto& parameter : script.named_parameters()) {
    EXPECT_FALSE(parameter.name.starts_with("heads.prognosis")) << parameter.name;
    backbone = backbone || parameter.name == "backbone.conv.weight";
  }
  EXPECT_TRUE(backbone);
}

}  // namespace
}  // namespace consilium
