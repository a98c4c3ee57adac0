#include "common/nn/backbone.h"

#include "common/nn/fill_rule.h"
#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"
#include "tests/support/status_matchers.h"

#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace consilium {
namespace {

const std::string& GoldenFolder() {
  static const std::string folder = std::string(CONSILIUM_GOLDEN_DIR) + "/backbones/";
  return folder;
}

/// What the reference says of one backbone.
struct GoldenEntries {
  std::int64_t parameters = 0;
  std::vector<std::string> lines;  ///< "layer1.0.conv1.weight 64x64x3x3"
};

using GoldenTable = std::map<std::string, GoldenEntries>;

GoldenTable ReadGoldenEntries(const std::string& name_of_file) {
  std::ifstream file(GoldenFolder() + name_of_file);
  GoldenTable golden;
  GoldenEntries* current = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("# ")) {
      current->lines.push_back(line);
      continue;
    }
    std::istringstream title(line.substr(2));
    std::string name;
    title >> name;
    current = &golden[name];
    title >> current->parameters;
  }
  return golden;
}

GoldenTable ReadGoldenEntries() {
  GoldenTable golden = ReadGoldenEntries("entries.txt");
  golden.merge(ReadGoldenEntries("timm_entries.txt"));
  return golden;
}

TensorFile ReadGoldenFeatures() {
  const Bytes bytes = ReadFile(GoldenFolder() + "features.safetensors", 1 << 24).value();
  return ParseSafetensors(bytes, "features.safetensors").value();
}

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
}

class BackboneFeaturesTest : public BackboneTest {};

TEST_P(BackboneFeaturesTest, AreTorchvisions) {
  const torch::NoGradGuard no_grad;
  const std::shared_ptr<Backbone> backbone = info().make();
  FillByRule(*backbone);
  backbone->eval();
  const torch::Tensor images = FillRuleUnit("input", {2, 3, 224, 224}).to(torch::kFloat32);
  const torch::Tensor features = backbone->forward(images);

  const TensorFile golden = ReadGoldenFeatures();
  const auto entry = static_cast<std::size_t>(golden.blob.layout->Find(GetParam()));
  ASSERT_EQ(golden.blob.layout->entries().at(entry).shape, features.sizes().vec());
  ASSERT_EQ(features.size(1), info().feature_width);
  ASSERT_EQ(backbone->feature_width(), info().feature_width);
  torch::Tensor expected = torch::empty(features.sizes());
  std::memcpy(expected.data_ptr(), golden.blob.bytes.data() + golden.blob.layout->offset(entry),
              golden.blob.layout->size(entry));
  const double root_mean_square = expected.square().mean().sqrt().item<double>();
  EXPECT_LT((features - expected).abs().max().item<double>(), 1e-4 * root_mean_square);
}

TEST_P(BackboneTest, TrainsOnPicturesOf64Pixels) {
  const std::shared_ptr<Backbone> backbone = info().make();
  const torch::Tensor features = backbone->forward(torch::zeros({2, 3, 64, 64}));
  ASSERT_EQ(features.sizes(), (std::vector<std::int64_t>{2, info().feature_width}));
  features.sum().backward();
  for (const auto& parameter : backbone->named_parameters()) {
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
  }
}

std::vector<std::string> NamesOfTheTable() {
  std::vector<std::string> names;
  for (const BackboneInfo& info : Backbones()) names.emplace_back(info.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, BackboneTest, testing::ValuesIn(NamesOfTheTable()),
                         [](const auto& test) { return test.param; });

std::vector<std::string> NamesOfTorchvision() {
  std::vector<std::string> names;
  for (const auto& [name, entries] : ReadGoldenEntries("entries.txt")) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Torchvision, BackboneFeaturesTest, testing::ValuesIn(NamesOfTorchvision()),
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
