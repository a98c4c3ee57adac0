/// The event log of a run, kept. SqliteRoundStore (sqlite_store.h) for the service,
/// MemoryRoundStore for simulations and tests. An appended event is on disk when Append returns.
/// Errors: kDataLoss for a log that cannot be read back; kFailedPrecondition if the stored plan
/// differs. Threads: one caller at a time (the coordinator's mutex).
#pragma once

#include "common/base/result.h"
#include "common/federation/round_engine.h"

#include <memory>
#include <string>
#include <vector>

namespace consilium {

class RoundStore {
 public:
  virtual ~RoundStore() = default;
  virtual Status Append(const Event& event) = 0;
  virtual Result<std::vector<Event>> Load() const = 0;
};

std::unique_ptr<RoundStore> MakeMemoryRoundStore();

}  // namespace consilium
