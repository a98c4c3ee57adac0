/// Splits by patient: a patient is never in two of train, validation and test.
///
/// Deterministic in (dataset, indices, seed, name), whatever the order of anything else, so that a
/// site's own daemon and a simulator on another machine draw the same split. Threads: pure.
#pragma once

#include "common/data/dataset.h"

#include <string_view>

namespace consilium {

struct Split {
  Indices train;
  Indices validation;
};

/// Draws round(fraction * patients) validation patients (at least one if there are two or more
/// patients and fraction > 0, never all), stratified by the label set and class of the patient's
/// first labelled task so that rare classes keep training patients. A class with a single patient
/// stays in training. `name`: the center, so that each has its own stream: StreamSeed(seed,
/// {"split", name}).
Split SplitByPatient(const Dataset& dataset, const Indices& indices, double fraction,
                     std::uint64_t seed, std::string_view name);

/// Centers in order of name, with the indices of each.
std::vector<std::pair<std::string, Indices>> GroupByCenter(const Dataset& dataset);

}  // namespace consilium
