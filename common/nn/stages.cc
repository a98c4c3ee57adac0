#include "common/nn/stages.h"

namespace consilium {
namespace {

bool IsNormalisation(const torch::nn::Module& module) {
  return module.named_buffers(/*recurse=*/false).contains("running_mean");
}

void Collect(const torch::nn::Module& module, const std::string& prefix,
             std::vector<std::vector<std::string>>& stages) {
  for (const auto& child : module.named_children()) {
    std::string name = prefix;
    name.append(".").append(child.key());
    if (child.key() == "features" || child.key() == "blocks") {
      Collect(*child.value(), name, stages);
    } else if (child.value()->parameters().empty()) {
      continue;
    } else if (IsNormalisation(*child.value()) && !stages.empty()) {
      stages.back().push_back(std::move(name));
    } else {
      stages.push_back({std::move(name)});
    }
  }
}

}  // namespace

std::vector<std::vector<std::string>> StagesOf(const torch::nn::Module& backbone,
                                               const std::string& prefix) {
  std::vector<std::vector<std::string>> stages;
  Collect(backbone, prefix, stages);
  return stages;
}

bool IsBelow(std::string_view name, std::string_view part) {
  return name.starts_with(part) && (name.size() == part.size() || name[part.size()] == '.');
}

}  // namespace consilium
