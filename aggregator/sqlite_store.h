/// The event log in a SQLite file (write-ahead log, synchronous=FULL): on disk when Append returns.
///
/// Tables: run(plan text), events(sequence integer primary key, event text: event_codec.h).
/// The file is held alone while it is open. Threads: as RoundStore.
#pragma once

#include "aggregator/round_store.h"
#include "aggregator/sqlite_database.h"

#include <memory>
#include <string>

namespace consilium {

class SqliteRoundStore : public RoundStore {
 public:
  /// Begins a copy of the log in the new file `path` (sqlite_database.h).
  virtual Result<std::unique_ptr<SqliteCopy>> BeginCopy(const std::string& path) const = 0;
};

/// Opens or makes the store of one run. `plan`: any text that stands for the plan, for example the
/// YAML of it.
/// Errors: kFailedPrecondition: the file belongs to a run with another plan; kInvalidArgument: it
/// cannot be opened; kUnavailable: another process holds it; kDataLoss: it is no such store.
Result<std::unique_ptr<SqliteRoundStore>> OpenSqliteRoundStore(const std::string& path,
                                                               const std::string& plan);

}  // namespace consilium
