/// What the reference (torchvision, timm) says of each backbone, and the same network here.
///
/// tests/golden/backbones holds, from each reference's generator, a "*entries.txt" and a
/// "*figures.json"; generate.py there describes them.
#pragma once

#include "common/nn/backbone.h"
#include "common/nn/classifier_net.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace consilium {

struct GoldenEntries {
  std::int64_t parameters = 0;
  std::vector<std::string> lines;  ///< "layer1.0.conv1.weight 64x64x3x3"
};

/// Per backbone.
std::map<std::string, GoldenEntries> ReadGoldenEntries();
nlohmann::json ReadGoldenFigures();

/// The backbone with its published classifier, filled by the fill rule under the reference's names.
ClassifierNet NetByFillRule(const BackboneInfo& info);
torch::Tensor ImagesByFillRule(std::int64_t size);

/// Shape, norm, mean and first values; differences up to `tolerance` of the root mean square.
void ExpectFigures(const torch::Tensor& actual, const nlohmann::json& golden, double tolerance);

std::vector<std::string> NamesOfTheTable();

}  // namespace consilium
