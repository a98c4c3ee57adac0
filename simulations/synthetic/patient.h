/// Synthetic patients: one latent severity drives the disease of six lung zones and the outcome.
///
/// severity ~ N(shift of the center, 1). Each zone's disease is a line in severity plus noise of
/// the lung and of the zone, cut to 0..3.49; its Brixia score is that number rounded. The outcome
/// is drawn from a logistic curve over the mean disease of the zones: what the picture shows is all
/// that the outcome depends on, and an ideal reader is right in about 82 % of balanced cases.
/// Patient `number` of a center is the same whatever else is drawn. Threads: pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace consilium::synthetic {

constexpr int kZones = 6;  ///< A B C: right lung from the top, D E F: left lung

/// Disease of each zone, 0..3.49; continuous, as it is painted.
using ZoneDisease = std::array<double, kZones>;

struct Patient {
  std::uint64_t number = 0;
  bool severe = false;
  std::vector<ZoneDisease> visits;  ///< one per image: one, in every tenth patient two
};

Patient DrawPatient(std::uint64_t seed, std::string_view center, std::uint64_t number,
                    double severity_shift);

/// Brixia scores of a visit.
std::vector<int> BrixiaScores(const ZoneDisease& disease);

}  // namespace consilium::synthetic
