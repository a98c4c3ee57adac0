/// The paper's augmentation of one image, each part with probability one half: shift up to 10 % per
/// axis, zoom 0.9 to 1.1, horizontal flip, rotation by -10 to 10 whole degrees, elastic deformation
/// (alpha 20 to 40 and sigma 7 pixels of 256, scaled to the image).
///
/// All parts together are one warp with bilinear interpolation; beyond the border the edge repeats.
/// The caller turns labels with the image where `flip` is set. Deterministic in the stream.
/// Source: docs/math.md, "Augmentation"; elastic deformation after Simard, Steinkraus, Platt 2003.
/// Threads: pure.
#pragma once

#include "common/base/random_stream.h"

#include <cstdint>
#include <span>
#include <vector>

namespace consilium {

struct Augmentation {
  double shift_x = 0;  ///< of the width, to the right
  double shift_y = 0;  ///< of the height, downwards
  double zoom = 1;     ///< above 1 enlarges
  double degrees = 0;  ///< counter-clockwise as seen
  bool flip = false;
  double elastic_alpha = 0;        ///< pixels of 256; 0: none
  std::uint64_t elastic_seed = 0;  ///< of the displacements
};

Augmentation DrawAugmentation(RandomStream& random);
/// One for each of `count` images, in their order.
std::vector<Augmentation> DrawAugmentations(std::size_t count, RandomStream& random);

/// `image`, `result`: size * size values, row by row; they must not overlap.
void ApplyAugmentation(const Augmentation& augmentation, std::int64_t size,
                       std::span<const float> image, std::span<float> result);

}  // namespace consilium
