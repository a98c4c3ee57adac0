/// The input that torchvision's ImageNet weights were trained with, and a row of the table with it.
#pragma once

#include "common/nn/backbone.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace consilium {

inline constexpr std::int64_t kImageNetInputSize = 224;
inline constexpr std::array<float, 3> kImageNetMean{0.485F, 0.456F, 0.406F};
inline constexpr std::array<float, 3> kImageNetStandardDeviation{0.229F, 0.224F, 0.225F};

/// A row for `Network(variant)`; the variant knows its feature width.
template <typename Network, auto variant>
BackboneInfo ImageNetRow(std::string_view name, std::int64_t parameters,
                         std::string_view classifier) {
  return {.name = name,
          .feature_width = variant.FeatureWidth(),
          .input_size = kImageNetInputSize,
          .mean = kImageNetMean,
          .standard_deviation = kImageNetStandardDeviation,
          .parameters = parameters,
          .classifier = classifier,
          .make = []() -> std::shared_ptr<Backbone> { return std::make_shared<Network>(variant); }};
}

}  // namespace consilium
