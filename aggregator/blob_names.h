/// Where a run keeps what in its BlobStore. Threads: pure.
#pragma once

#include "common/base/ids.h"
#include "common/federation/messages.h"

#include <string>

namespace consilium {

inline std::string ModelBlobName(RoundNumber version) {
  return version == kInitialModel ? "models/initial" : "models/v" + std::to_string(version);
}

/// Model `version` as it travels, where that is not the model itself (sent_model.h).
inline std::string SentBlobName(RoundNumber version) { return "sent/v" + std::to_string(version); }

/// What a strategy keeps beside model `version`.
inline std::string StateBlobName(RoundNumber version, int slot) {
  return "state/v" + std::to_string(version) + "." + std::to_string(slot);
}

/// Requires a site id that was checked when it joined.
inline std::string UpdateBlobName(RoundNumber round, const SiteId& site) {
  return "updates/" + std::to_string(round) + "/" + site.str();
}

}  // namespace consilium
