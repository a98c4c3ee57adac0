#include "aggregator/sqlite_run_store.h"

#include <charconv>
#include <utility>

namespace consilium {
namespace {

const std::vector<std::string>& Migrations() {
  static const std::vector<std::string> migrations = {
      "CREATE TABLE runs(run TEXT PRIMARY KEY, plan TEXT NOT NULL);"
      "CREATE TABLE changes(sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, run TEXT NOT NULL,"
      " state TEXT NOT NULL, cause TEXT NOT NULL, actor TEXT NOT NULL);"
      "CREATE TABLE visits(site TEXT PRIMARY KEY, run TEXT NOT NULL);",
      // A site is in several runs.
      "ALTER TABLE visits RENAME TO one_visit;"
      "CREATE TABLE visits(site TEXT NOT NULL, place INTEGER NOT NULL, run TEXT NOT NULL,"
      " PRIMARY KEY(site, place));"
      "INSERT INTO visits(site, place, run) SELECT site, 0, run FROM one_visit;"
      "DROP TABLE one_visit;"};
  return migrations;
}

Result<std::int64_t> Integer(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return DataLoss("'" + text + "' is no integer");
}

Result<RunChange> ChangeOf(const std::vector<std::string>& row) {
  RunChange change;
  CONSILIUM_ASSIGN_OR_RETURN(change.sequence, Integer(row[0]));
  CONSILIUM_ASSIGN_OR_RETURN(change.at.millis, Integer(row[1]));
  change.run = RunId(row[2]);
  const Result<RunState> state = ParseRunState(row[3]);
  if (!state.ok()) return DataLoss(state.status().message());
  change.state = *state;
  change.cause = row[4];
  change.actor = row[5];
  return change;
}

}  // namespace

Result<std::unique_ptr<SqliteRunStore>> SqliteRunStore::Open(const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(path, Migrations()));
  return std::unique_ptr<SqliteRunStore>(new SqliteRunStore(std::move(database)));
}

Status SqliteRunStore::AddRun(const RunChange& first, const std::string& plan) {
  return database_->Transact([&]() -> Status {
    CONSILIUM_RETURN_IF_ERROR(
        database_->Run("INSERT INTO runs(run, plan) VALUES (?1, ?2)", {first.run.str(), plan}));
    return Append(first);
  });
}

Status SqliteRunStore::Append(const RunChange& change) {
  return database_->Run(
      "INSERT INTO changes(sequence, at, run, state, cause, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      {std::to_string(change.sequence), std::to_string(change.at.millis), change.run.str(),
       std::string(ToString(change.state)), change.cause, change.actor});
}

Status SqliteRunStore::SetVisits(const SiteId& site, const std::vector<RunId>& runs) {
  return database_->Transact([&]() -> Status {
    CONSILIUM_RETURN_IF_ERROR(database_->Run("DELETE FROM visits WHERE site = ?1", {site.str()}));
    for (std::size_t place = 0; place < runs.size(); ++place) {
      CONSILIUM_RETURN_IF_ERROR(
          database_->Run("INSERT INTO visits(site, place, run) VALUES (?1, ?2, ?3)",
                         {site.str(), std::to_string(place), runs[place].str()}));
    }
    return OkStatus();
  });
}

Result<std::string> SqliteRunStore::PlanOf(const RunId& run) const {
  CONSILIUM_ASSIGN_OR_RETURN(
      const SqliteDatabase::Rows rows,
      database_->Query("SELECT plan FROM runs WHERE run = ?1", 1, {run.str()}));
  if (rows.size() == 1) return rows.front().front();
  return NotFound("run " + run.str() + ": there is no such run");
}

Result<std::vector<RunChange>> SqliteRunStore::Changes() const {
  CONSILIUM_ASSIGN_OR_RETURN(
      const SqliteDatabase::Rows rows,
      database_->Query(
          "SELECT sequence, at, run, state, cause, actor FROM changes ORDER BY sequence", 6));
  std::vector<RunChange> changes;
  changes.reserve(rows.size());
  for (const auto& row : rows) {
    Result<RunChange> change = ChangeOf(row);
    if (!change.ok()) return change.status().WithContext(database_->path() + ": a run's change");
    changes.push_back(std::move(change).value());
  }
  return changes;
}

Result<std::map<SiteId, std::vector<RunId>>> SqliteRunStore::Visits() const {
  CONSILIUM_ASSIGN_OR_RETURN(
      const SqliteDatabase::Rows rows,
      database_->Query("SELECT site, run FROM visits ORDER BY site, place", 2));
  std::map<SiteId, std::vector<RunId>> visits;
  for (const auto& row : rows) visits[SiteId(row[0])].push_back(RunId(row[1]));
  return visits;
}

}  // namespace consilium
