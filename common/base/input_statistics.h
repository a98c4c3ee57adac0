/// Mean and standard deviation, per channel, by which images in 0..1 are normalised before they
/// enter a network: those that its first weights were trained with.
/// Threads: plain values. Default: ImageNet's, as torchvision publishes them.
#pragma once

#include <array>

namespace consilium {

struct InputStatistics {
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
  std::array<float, 3> standard_deviation{0.229F, 0.224F, 0.225F};
  friend bool operator==(const InputStatistics&, const InputStatistics&) = default;
};

}  // namespace consilium
