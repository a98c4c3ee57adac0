/// Where things are in one synthetic chest, and how dense.
///
/// Coordinates: x and y in about -1..1 across the film, y down; the patient's right lung is on the
/// left. A lung has its own coordinate `depth`, 0 at the apex and 1 at the diaphragm, so that a
/// third of it is a Brixia zone whatever the patient's shape. Threads: plain values, pure.
#pragma once

#include "common/base/random_stream.h"

#include <array>

namespace consilium::synthetic {

/// One patient's build; all lengths in film coordinates.
struct Anatomy {
  double width, apex, rib_phase, rib_spacing, rib_contrast, tissue;
  double heart_x, heart_y, heart_width, heart_height;
  std::array<double, 2> base;  ///< height of each diaphragm's lateral angle, right and left
  double dome, clavicle, clavicle_slope;
};

Anatomy DrawAnatomy(RandomStream& random);

/// What one point of the chest is made of.
struct ChestPoint {
  float density = 0;  ///< of everything but disease; air 0, soft tissue about 0.5
  float lung = 0;     ///< 0 outside, 1 well inside a lung
  float heart = 0;    ///< 1 where the heart lies before the lung
  float depth = 0;    ///< 0 apex .. 1 diaphragm, meaningful where lung > 0
  bool left = false;  ///< of the patient
};

ChestPoint LookAt(const Anatomy& anatomy, float x, float y);

}  // namespace consilium::synthetic
