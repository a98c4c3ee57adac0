/// Paints one synthetic chest film, 12 bits in 16, bright where dense.
///
/// Disease of a zone is painted as patches that grow in extent and density with it; nothing but
/// `disease`, the patient's build, the film's placement, the center's settings and noise enters.
/// Cost: under 5 ms at 224 pixels on one core. Threads: pure.
#pragma once

#include "simulations/synthetic/acquisition.h"
#include "simulations/synthetic/patient.h"

#include <cstdint>
#include <vector>

namespace consilium::synthetic {

struct FilmSeeds {
  std::uint64_t build;  ///< of the patient's anatomy: equal for two films of one patient
  std::uint64_t film;   ///< of placement, patches and noise
};

/// size x size pixels, row by row, 0..4095.
std::vector<std::uint16_t> PaintFilm(const ZoneDisease& disease, const Acquisition& center,
                                     FilmSeeds seeds, int size);

}  // namespace consilium::synthetic
