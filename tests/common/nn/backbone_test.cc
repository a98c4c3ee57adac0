#include "common/nn/backbone.h"

#include "common/nn/state.h"
#include "tests/common/nn/golden_backbones.h"
#include "tests/support/status_matchers.h"

#include <set>

namespace consilium {
namespace {

std::string LineOf(const EntrySpec& entry) {
  std::string shape;
  for (const std::int64_t dimension : entry.shape) {
    shape += (shape.empty() ? "" : "x") + std::to_string(dimension);
  }
  return entry.name + " " + (shape.empty() ? "scalar" : shape);
}

class BackboneTest : public testing::TestWithParam<std::string> {
 protected:
  const BackboneInfo& info() const { return *FindBackbone(GetParam()).value(); }
};

TEST_P(BackboneTest, HasTheReferencesNamesAndShapesInItsOrder) {
  const GoldenEntries golden = ReadGoldenEntries()[GetParam()];
  const std::shared_ptr<Backbone> backbone = info().make();
  const auto layout = LayoutOf(*backbone);
  std::vector<std::string> lines;
  for (const EntrySpec& entry : layout->entries()) lines.push_back(LineOf(entry));
  EXPECT_EQ(lines, golden.lines);

  std::int64_t parameters = 0;
  for (const torch::Tensor& parameter : backbone->parameters()) parameters += parameter.numel();
  EXPECT_EQ(parameters, golden.parameters);
  EXPECT_EQ(info().parameters, golden.parameters);
  EXPECT_EQ(info().feature_width, backbone->feature_width());
}

TEST_P(BackboneTest, GivesTheReferencesFeaturesAndLogits) {
  const torch::NoGradGuard no_grad;
  const nlohmann::json golden = ReadGoldenFigures().at(GetParam());
  ClassifierNet net = NetByFillRule(info());
  net->eval();
  const ClassifierNetImpl::Output output = net->forward(ImagesByFillRule(224));
  ExpectFigures(output.features, golden.at("eval_features"), 1e-4);
  ExpectFigures(output.logits, golden.at("eval_logits"), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Table, BackboneTest, testing::ValuesIn(NamesOfTheTable()),
                         [](const auto& test) { return test.param; });

TEST(BackboneTableTest, HoldsEveryGoldenBackboneOnce) {
  const std::vector<std::string> names = NamesOfTheTable();
  std::set<std::string> golden;
  for (const auto& [name, entries] : ReadGoldenEntries()) golden.insert(name);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), golden);
  EXPECT_EQ(names.size(), golden.size());
}

TEST(BackboneTableTest, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  EXPECT_STATUS(FindBackbone("resnet19"), StatusCode::kInvalidArgument,
                "backbone 'resnet19' is unknown, expected one of resnet18, ");
  EXPECT_STATUS(FindBackbone(""), StatusCode::kInvalidArgument, "densenet121");
}

}  // namespace
}  // namespace consilium
