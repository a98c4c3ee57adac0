#include "simulations/synthetic/patient.h"

#include "common/base/random_stream.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace consilium::synthetic {
namespace {

constexpr double kMostDisease = 3.49;
/// Mean scores of the zones, near those of the published Brixia lists.
constexpr ZoneDisease kZoneMeans = {0.80, 1.50, 1.85, 0.65, 1.50, 1.85};
constexpr double kSeveritySlope = 0.85;
constexpr double kLungNoise = 0.30;
constexpr double kZoneNoise = 0.40;
constexpr double kSecondVisit = 0.1;
constexpr double kVisitNoise = 0.12;
constexpr double kProgression = 0.3;
/// Outcome: even odds at the median of the mean disease; the slope sets how well it can be told.
constexpr double kEvenOdds = 1.42;
constexpr double kOutcomeSlope = 2.8;

ZoneDisease DrawDisease(double severity, RandomStream& random) {
  ZoneDisease disease{};
  for (std::size_t lung = 0; lung < 2; ++lung) {
    const double of_lung = kSeveritySlope * severity + kLungNoise * random.Normal();
    for (std::size_t zone = 3 * lung; zone < 3 * lung + 3; ++zone) {
      disease[zone] =
          std::clamp(kZoneMeans[zone] + of_lung + kZoneNoise * random.Normal(), 0.0, kMostDisease);
    }
  }
  return disease;
}

/// Some time later: nearly the same, sometimes one zone a step worse.
ZoneDisease Later(ZoneDisease disease, RandomStream& random) {
  for (double& zone : disease) {
    zone = std::clamp(zone + kVisitNoise * random.Normal(), 0.0, kMostDisease);
  }
  const std::size_t worse = random.Below(kZones);
  if (random.Bernoulli(kProgression)) disease[worse] = std::min(disease[worse] + 1, kMostDisease);
  return disease;
}

}  // namespace

Patient DrawPatient(std::uint64_t seed, std::string_view center, std::uint64_t number,
                    double severity_shift) {
  RandomStream random(StreamSeed(seed, {"synthetic", "patient", center, std::to_string(number)}));
  Patient patient;
  patient.number = number;
  patient.visits.push_back(DrawDisease(severity_shift + random.Normal(), random));
  const ZoneDisease& first = patient.visits.front();
  const double mean = std::accumulate(first.begin(), first.end(), 0.0) / kZones;
  patient.severe = random.Bernoulli(1.0 / (1.0 + std::exp(-kOutcomeSlope * (mean - kEvenOdds))));
  if (random.Bernoulli(kSecondVisit)) {
    patient.visits.push_back(Later(patient.visits.front(), random));
  }
  return patient;
}

std::vector<int> BrixiaScores(const ZoneDisease& disease) {
  std::vector<int> scores;
  for (const double zone : disease) scores.push_back(static_cast<int>(std::lround(zone)));
  return scores;
}

}  // namespace consilium::synthetic
