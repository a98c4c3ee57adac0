/// The input that torchvision's ImageNet weights were trained with.
#pragma once

#include <array>
#include <cstdint>

namespace consilium {

inline constexpr std::int64_t kImageNetInputSize = 224;
inline constexpr std::array<float, 3> kImageNetMean{0.485F, 0.456F, 0.406F};
inline constexpr std::array<float, 3> kImageNetStandardDeviation{0.229F, 0.224F, 0.225F};

}  // namespace consilium
