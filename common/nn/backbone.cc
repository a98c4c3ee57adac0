#include "common/nn/backbone.h"

#include "common/nn/backbones/densenet.h"
#include "common/nn/backbones/mobilenet.h"
#include "common/nn/backbones/resnet.h"
#include "common/nn/initial_values.h"

#include <algorithm>

namespace consilium {

void Backbone::InitialiseParameter(std::string_view name, torch::Tensor& value,
                                   at::Generator generator) const {
  FillConvolutional(name, value, Fan::kOut, std::move(generator));
}

const std::vector<BackboneInfo>& Backbones() {
  static const std::vector<BackboneInfo> table = [] {
    std::vector<BackboneInfo> all;
    for (const auto& family : {ResNets(), DenseNets(), MobileNets()}) {
      all.insert(all.end(), family.begin(), family.end());
    }
    return all;
  }();
  return table;
}

Result<const BackboneInfo*> FindBackbone(std::string_view name) {
  const std::vector<BackboneInfo>& table = Backbones();
  const auto found = std::ranges::find(table, name, &BackboneInfo::name);
  if (found != table.end()) return &*found;
  std::string known;
  for (const BackboneInfo& info : table) {
    known += (known.empty() ? "" : ", ") + std::string(info.name);
  }
  return InvalidArgument("backbone '" + std::string(name) + "' is unknown, expected one of " +
                         known);
}

}  // namespace consilium
