/// Runs and the changes of their states in a SQLite file (sqlite_database.h): on disk when a call
/// returns.
///
/// Tables: runs(run, plan: YAML), changes(sequence, at, run, state, cause, actor),
/// visits(site, run, place: of the runs that it was offered, the latest has the highest). Threads: one caller at a time.
#pragma once

#include "aggregator/sqlite_database.h"
#include "common/federation/run_status.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace consilium {

class SqliteRunStore {
 public:
  static Result<std::unique_ptr<SqliteRunStore>> Open(const std::string& path);

  /// The run and its first change, or neither.
  Status AddRun(const RunChange& first, const std::string& plan);
  Status Append(const RunChange& change);
  /// In place of those that it had, in this order.
  Status SetVisits(const SiteId& site, const std::vector<RunId>& runs);

  Result<std::string> PlanOf(const RunId& run) const;
  /// In order. Errors: kDataLoss.
  Result<std::vector<RunChange>> Changes() const;
  Result<std::map<SiteId, std::vector<RunId>>> Visits() const;
  /// Begins a copy of all in the new file `path` (sqlite_database.h).
  Result<std::unique_ptr<SqliteCopy>> BeginCopy(const std::string& path) const {
    return database_->BeginCopy(path);
  }

 private:
  explicit SqliteRunStore(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}
  std::unique_ptr<SqliteDatabase> database_;
};

}  // namespace consilium
