#include "common/nn/backbone.h"

#include "common/nn/backbones/alexnet.h"
#include "common/nn/backbones/convnext.h"
#include "common/nn/backbones/densenet.h"
#include "common/nn/backbones/efficientnet.h"
#include "common/nn/backbones/googlenet.h"
#include "common/nn/backbones/mobilenet.h"
#include "common/nn/backbones/resnet.h"
#include "common/nn/backbones/shufflenet.h"
#include "common/nn/backbones/squeezenet.h"
#include "common/nn/backbones/vgg.h"
#include "common/nn/initial_values.h"

#include <ATen/ops/adaptive_avg_pool2d.h>

#include <algorithm>
#include <array>
#include <string>

namespace consilium {

torch::Tensor Backbone::Pool(const torch::Tensor& maps) {
  return torch::adaptive_avg_pool2d(maps, {1, 1}).flatten(1);
}

void Backbone::InitialiseParameter(std::string_view name, torch::Tensor& value,
                                   at::Generator generator) const {
  FillConvolutional(name, value, Fan::kOut, std::move(generator));
}

const std::vector<BackboneInfo>& Backbones() {
  static const std::vector<BackboneInfo> table = [] {
    std::vector<BackboneInfo> all;
    for (const auto& family : {ResNets(), DenseNets(), GoogLeNets(), MobileNets(), ShuffleNets(),
                               EfficientNets(), SqueezeNets(), AlexNets(), Vggs(), ConvNeXts()}) {
      all.insert(all.end(), family.begin(), family.end());
    }
    return all;
  }();
  return table;
}

std::span<const BackboneAlias> BackboneAliases() {
  static constexpr std::array<BackboneAlias, 5> kAliases{
      {{"resnet50_ChestX-ray14", "resnet50"},
       {"resnet50_ChexPert", "resnet50"},
       {"resnet50_ImageNet_ChestX-ray14", "resnet50"},
       {"resnet50_ImageNet_ChexPert", "resnet50"},
       {"densenet121_CXR", "densenet121"}}};
  return kAliases;
}

bool IsBackboneAlias(std::string_view name) {
  return std::ranges::count(BackboneAliases(), name, &BackboneAlias::name) > 0;
}

Result<const BackboneInfo*> FindBackbone(std::string_view name) {
  const auto alias = std::ranges::find(BackboneAliases(), name, &BackboneAlias::name);
  const std::string_view architecture =
      alias != BackboneAliases().end() ? alias->architecture : name;
  const std::vector<BackboneInfo>& table = Backbones();
  const auto found = std::ranges::find(table, architecture, &BackboneInfo::name);
  if (found != table.end()) return &*found;
  std::string known;
  for (const BackboneInfo& info : table) {
    known.append(known.empty() ? "" : ", ").append(info.name);
  }
  for (const BackboneAlias& known_alias : BackboneAliases()) {
    known.append(", ").append(known_alias.name);
  }
  return InvalidArgument("backbone '" + std::string(name) + "' is unknown, expected one of " +
                         known);
}

}  // namespace consilium
