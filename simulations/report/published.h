/// What the paper reports, to stand beside the number measured here.
/// Source: arXiv 2405.13771, the means over its eighteen backbones, on AIforCOVID and BRIXIA from
/// ImageNet weights. Threads: pure.
#pragma once

#include <optional>
#include <string_view>

namespace consilium {

/// The paper's mean over centers (or folds) and backbones; empty where it gives none.
std::optional<double> PublishedMean(std::string_view protocol, std::string_view task,
                                    std::string_view method, std::string_view metric);

/// One sentence that says where such numbers come from and how far they can be compared.
std::string_view PublishedNote();

}  // namespace consilium
