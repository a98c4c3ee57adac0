#include "simulations/methods/backbone_start.h"

#include "common/nn/state.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

ParameterBlob TinyBackbone(std::uint64_t seed) {
  const std::vector<TaskSpec> tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  return BackboneOf(ReadState(*MakeTinyNet(tasks, seed))).value();
}

TEST(BackboneStartTest, ABackboneHasNoEntryOfAHead) {
  const ParameterBlob backbone = TinyBackbone(1);
  ASSERT_FALSE(backbone.layout->entries().empty());
  for (const EntrySpec& entry : backbone.layout->entries()) {
    EXPECT_EQ(entry.name.substr(0, 9), "backbone.");
  }
}

TEST(BackboneStartTest, TheAverageWeighsTheFirstBackboneByBeta) {
  const ParameterBlob first = TinyBackbone(1);
  const ParameterBlob second = TinyBackbone(2);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob mean, AveragedBackbone(first, second, 0.25));
  const auto of_first = TensorsOf(first);
  const auto of_second = TensorsOf(second);
  const auto of_mean = TensorsOf(mean);
  for (std::size_t e = 0; e < of_mean.size(); ++e) {
    if (!of_mean[e].is_floating_point()) continue;
    const torch::Tensor expected =
        0.25 * of_first[e].to(torch::kFloat64) + 0.75 * of_second[e].to(torch::kFloat64);
    EXPECT_TRUE(of_mean[e].equal(expected.to(of_mean[e].scalar_type())))
        << mean.layout->entries()[e].name;
  }
}

TEST(BackboneStartTest, BetaOneAndZeroAreTheBackbonesThemselves) {
  const ParameterBlob first = TinyBackbone(1);
  const ParameterBlob second = TinyBackbone(2);
  EXPECT_EQ(AveragedBackbone(first, second, 1)->bytes, first.bytes);
  EXPECT_EQ(AveragedBackbone(first, second, 0)->bytes, second.bytes);
}

TEST(BackboneStartTest, BackbonesWithOtherEntriesAreRefused) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob fewer,
                                 Subset(TinyBackbone(2), [](const EntrySpec& entry) {
                                   return KindOf(entry) == EntryKind::kParameter;
                                 }));
  EXPECT_STATUS(AveragedBackbone(TinyBackbone(1), fewer, 0.5), StatusCode::kInvalidArgument,
                "different entries");
}

}  // namespace
}  // namespace consilium
