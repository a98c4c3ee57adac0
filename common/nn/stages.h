/// The stages of a backbone, first to last, as names of entries or of parts that hold them.
///
/// A stage is one of the parts that the backbone lists in its order (of the lists "features" and
/// "blocks", each of their parts); a normalisation belongs to the stage before it, and what holds no
/// parameter to none. ResNet: conv1 and bn1, layer1, ..., layer4.
/// Threads: the module's thread.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

/// `prefix`: "backbone" for a network's. Each stage is one name or more.
std::vector<std::vector<std::string>> StagesOf(const torch::nn::Module& backbone,
                                               const std::string& prefix);

/// Whether `name` is `part` or below it: "backbone.layer1.0" is below "backbone.layer1".
bool IsBelow(std::string_view name, std::string_view part);

}  // namespace consilium
