/// Smooth random texture in 0..1: a lattice of uniform numbers, blended between its points.
/// Threads: immutable once built.
#pragma once

#include "common/base/random_stream.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace consilium::synthetic {

class ValueNoise {
 public:
  /// `cells` per side over coordinates -1..1, repeated at the edge beyond.
  ValueNoise(int cells, RandomStream& random) : cells_(cells) {
    const auto corners = static_cast<std::size_t>(cells) + 1;
    lattice_.resize(corners * corners);
    for (float& value : lattice_) value = static_cast<float>(random.Uniform());
  }

  float At(float x, float y) const {
    const auto limit = static_cast<float>(cells_) - 1e-3F;
    const float u = std::clamp((x + 1) / 2 * static_cast<float>(cells_), 0.0F, limit);
    const float v = std::clamp((y + 1) / 2 * static_cast<float>(cells_), 0.0F, limit);
    const int column = static_cast<int>(u);
    const int row = static_cast<int>(v);
    const auto corners = static_cast<std::size_t>(cells_) + 1;
    const float* corner =
        &lattice_[static_cast<std::size_t>(row) * corners + static_cast<std::size_t>(column)];
    const float a = Smooth(u - static_cast<float>(column));
    const float b = Smooth(v - static_cast<float>(row));
    const float upper = corner[0] + a * (corner[1] - corner[0]);
    const float lower = corner[cells_ + 1] + a * (corner[cells_ + 2] - corner[cells_ + 1]);
    return upper + b * (lower - upper);
  }

 private:
  static float Smooth(float t) { return t * t * (3 - 2 * t); }

  int cells_;
  std::vector<float> lattice_;
};

}  // namespace consilium::synthetic
