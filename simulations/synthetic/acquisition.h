/// How a center takes its films: what differs between centers and says nothing of the patient.
///
/// Drawn once per (seed, center); each film then varies a little around it. Threads: plain values.
#pragma once

#include "common/base/random_stream.h"

#include <cstdint>
#include <string_view>

namespace consilium::synthetic {

struct Acquisition {
  double contrast, gamma, exposure, noise;
  double field;   ///< how much of the body is on the film; 1 is the whole chest
  double border;  ///< width of the collimator's dark border, in film coordinates
  char marker;    ///< burned-in letter, L or R
  double marker_x, marker_y, marker_size;
};

/// The center's own settings.
Acquisition CenterAcquisition(std::uint64_t seed, std::string_view center);

/// One film's placement of the patient.
struct Placement {
  double shift_x, shift_y, tilt, zoom;
};

Placement DrawPlacement(const Acquisition& center, RandomStream& random);

/// 1 where the marker is burned in at film coordinates x, y, else 0.
float MarkerAt(const Acquisition& center, float x, float y);

}  // namespace consilium::synthetic
