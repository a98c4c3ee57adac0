#include "tests/common/nn/golden_backbones.h"

#include "common/nn/fill_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace consilium {
namespace {

std::vector<std::filesystem::path> GoldenFiles(const std::string& ending) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path folder(std::string(CONSILIUM_GOLDEN_DIR) + "/backbones");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
  }
  EXPECT_FALSE(files.empty()) << "no " << ending << " in " << folder;
  return files;
}

void ReadEntries(std::istream& file, std::map<std::string, GoldenEntries>& golden) {
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
}

}  // namespace

std::map<std::string, GoldenEntries> ReadGoldenEntries() {
  std::map<std::string, GoldenEntries> golden;
  for (const std::filesystem::path& path : GoldenFiles("entries.txt")) {
    std::ifstream file(path);
    ReadEntries(file, golden);
  }
  return golden;
}

nlohmann::json ReadGoldenFigures() {
  nlohmann::json golden = nlohmann::json::object();
  for (const std::filesystem::path& path : GoldenFiles("figures.json")) {
    std::ifstream file(path);
    golden.update(nlohmann::json::parse(file));
  }
  return golden;
}

ClassifierNet NetByFillRule(const BackboneInfo& info) {
  ClassifierNet net(info);
  FillByRule(*net, [&](const std::string& name) { return PublishedName(info, name); });
  return net;
}

torch::Tensor ImagesByFillRule(std::int64_t size) {
  return FillRuleUnit("input", {2, 3, size, size}).to(torch::kFloat32);
}

void ExpectFigures(const torch::Tensor& actual, const nlohmann::json& golden, double tolerance) {
  ASSERT_EQ(actual.sizes().vec(), golden.at("shape").get<std::vector<std::int64_t>>());
  const torch::Tensor values = actual.detach().to(torch::kFloat64).flatten();
  const double norm = golden.at("l2").get<double>();
  const double allowed = tolerance * norm / std::sqrt(static_cast<double>(values.numel()));
  EXPECT_NEAR(values.norm().item<double>(), norm, tolerance * norm);
  EXPECT_NEAR(values.mean().item<double>(), golden.at("mean").get<double>(), allowed);
  const auto first = golden.at("first").get<std::vector<double>>();
  ASSERT_FALSE(first.empty());
  const torch::Tensor differences = values.narrow(0, 0, static_cast<std::int64_t>(first.size())) -
                                    torch::tensor(first, torch::kFloat64);
  EXPECT_LE(differences.abs().max().item<double>(), allowed);
}

std::vector<std::string> NamesOfTheTable() {
  std::vector<std::string> names;
  for (const BackboneInfo& info : Backbones()) names.emplace_back(info.name);
  return names;
}

}  // namespace consilium
