#include "common/nn/stages.h"

#include "common/nn/backbone.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace consilium {
namespace {

using Names = std::vector<std::string>;

TEST(StagesTest, AResNetBeginsWithItsStem) {
  const auto backbone = FindBackbone("resnet18").value()->make();
  const std::vector<Names> expected{{"backbone.conv1", "backbone.bn1"},
                                    {"backbone.layer1"},
                                    {"backbone.layer2"},
                                    {"backbone.layer3"},
                                    {"backbone.layer4"}};
  EXPECT_EQ(StagesOf(*backbone, "backbone"), expected);
}

TEST(StagesTest, ListsOfLayersAreStagesOneByOne) {
  const auto stages = StagesOf(*FindBackbone("densenet121").value()->make(), "backbone");
  ASSERT_EQ(stages.size(), 8U);
  EXPECT_EQ(stages[0], (Names{"backbone.features.conv0", "backbone.features.norm0"}));
  EXPECT_EQ(stages[1], Names{"backbone.features.denseblock1"});
}

TEST(StagesTest, EveryParameterOfEveryFamilyIsInOneStage) {
  for (const char* name :
       {"resnet18", "densenet121", "googlenet", "mobilenet_v2", "shufflenet_v2_x0_5",
        "squeezenet1_1", "alexnet", "vgg11_bn", "convnext_tiny", "efficientnet_es"}) {
    const auto info = FindBackbone(name);
    if (!info.ok()) continue;
    const auto backbone = (*info)->make();
    const auto stages = StagesOf(*backbone, "backbone");
    EXPECT_GE(stages.size(), 5U) << name;
    for (const auto& parameter : backbone->named_parameters()) {
      int homes = 0;
      for (const Names& stage : stages) {
        for (const std::string& part : stage) homes += IsBelow("backbone." + parameter.key(), part);
      }
      EXPECT_EQ(homes, 1) << name << ' ' << parameter.key();
    }
  }
}

TEST(StagesTest, ANameIsBelowWholePartsOnly) {
  EXPECT_TRUE(IsBelow("backbone.layer1.0.weight", "backbone.layer1"));
  EXPECT_TRUE(IsBelow("backbone.layer1", "backbone.layer1"));
  EXPECT_FALSE(IsBelow("backbone.layer10.weight", "backbone.layer1"));
}

}  // namespace
}  // namespace consilium
