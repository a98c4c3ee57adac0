/// A cohort made from a seed: chest-like films whose latent severity drives both labels.
///
/// Centers  six with prognosis labels alone (A to F) and three with Brixia scores alone (AGFA,
///          CARESTREAM, SIEMENS); numbers of patients and class balance follow the published lists,
///          times `scale`, never under 8 patients per class of a prognosis center or in a
///          severity center. Every tenth patient or so has a second image.
/// Honest   given the center, no label can be told from anything but the picture: names, patient
///          ids and order come from hashes, films of both classes pass through the same settings.
/// Streams  patient k of a center is the same at every scale and size. Same build, same bits.
/// Errors   kInvalidArgument names the option or the task. Threads: as options say; the result does
///          not depend on their number.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"
#include "simulations/synthetic/chest_film.h"

#include <cstdint>
#include <vector>

namespace consilium {

struct SyntheticOptions {
  std::uint64_t seed = 1;
  double scale = 0.1;    ///< above 0, at most 10
  int image_size = 224;  ///< 16 to 2048 pixels per side
  int threads = 1;
};

/// One image of the cohort, not painted yet.
struct SyntheticFilm {
  Sample sample;
  synthetic::ZoneDisease disease{};
  synthetic::Acquisition acquisition{};
  synthetic::FilmSeeds seeds{};
};

/// All images, centers in order of name; their number and labels, before any is painted. `tasks`
/// may be any of prognosis and brixia (by id, any structure).
Result<std::vector<SyntheticFilm>> PlanSyntheticCohort(const SyntheticOptions& options,
                                                       const std::vector<TaskSpec>& tasks);

/// 12 bits in 16, size x size, as a center would export it.
std::vector<std::uint16_t> Paint(const SyntheticFilm& film, int size);

/// Planned, painted and brought to 0..1 as files of these films would be: [N, S, S].
Result<Dataset> MakeSyntheticCohort(const SyntheticOptions& options,
                                    const std::vector<TaskSpec>& tasks);

}  // namespace consilium
