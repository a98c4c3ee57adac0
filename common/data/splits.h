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

/// Draws round(fraction * patients) validation patients, at least one and never all. Stratified by
/// which tasks a patient has labels of and by the class of the first of them, so that rare classes
/// keep training patients: the last patient of a stratum stays in training, even if that leaves
/// fewer validation patients, or none.
/// `name`: the center, so that each has its own stream: StreamSeed(seed, {"split", name}).
Split SplitByPatient(const Dataset& dataset, const Indices& indices, double fraction,
                     std::uint64_t seed, std::string_view name);

/// The split of all images of the dataset, drawn with those that are set aside and given without
/// them: a file that can no longer be read moves no patient between training and validation.
Split SplitUsable(const Dataset& dataset, double fraction, std::uint64_t seed,
                  std::string_view name);

/// Centers in order of name, with the indices of each.
std::vector<std::pair<std::string, Indices>> GroupByCenter(const Dataset& dataset);

}  // namespace consilium
