/// Which files of a run stay.
///
///   first model, best model, latest model    always
///   models of earlier rounds                 the latest Retention::models of all versions
///   versions that a buffer refers to         while it does (RoundEngine::NeededModels)
///   a strategy's state                       that beside the latest model
///   updates                                  until the model that they made is stored and evaluated
///
/// The event log comes first: files go once it says that the round is closed, and go again at the
/// next start if the process ended in between. Threads: pure.
#pragma once

#include "aggregator/blob_names.h"

#include <algorithm>
#include <set>
#include <string>

namespace consilium {

struct Retention {
  int models = 1;  ///< at least 1
};

/// Names below "models/" and "state/" that stay while `latest` is the newest version.
inline std::set<std::string> ModelFilesToKeep(RoundNumber latest, RoundNumber best, int state_slots,
                                              const Retention& retention) {
  std::set<std::string> kept = {ModelBlobName(kInitialModel), ModelBlobName(best)};
  const RoundNumber oldest = std::max<RoundNumber>(0, latest - (retention.models - 1));
  for (RoundNumber version = oldest; version <= latest; ++version) {
    kept.insert(ModelBlobName(version));
  }
  for (int slot = 0; slot < state_slots; ++slot) kept.insert(StateBlobName(latest, slot));
  return kept;
}

}  // namespace consilium
