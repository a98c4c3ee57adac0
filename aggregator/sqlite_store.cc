#include "aggregator/sqlite_store.h"

#include "aggregator/event_codec.h"

#include <utility>

namespace consilium {
namespace {

const std::vector<std::string>& Migrations() {
  static const std::vector<std::string> migrations = {
      "CREATE TABLE run(plan TEXT NOT NULL);"
      "CREATE TABLE events(sequence INTEGER PRIMARY KEY, event TEXT NOT NULL);"};
  return migrations;
}

class FileRoundStore final : public SqliteRoundStore {
 public:
  explicit FileRoundStore(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}

  /// The plan is written when the file is new.
  Status Prepare(const std::string& plan) {
    CONSILIUM_ASSIGN_OR_RETURN(const SqliteDatabase::Rows plans,
                               database_->Query("SELECT plan FROM run", 1));
    const std::string& path = database_->path();
    if (plans.empty()) {
      CONSILIUM_ASSIGN_OR_RETURN(const auto events, database_->Query("SELECT 1 FROM events", 1));
      if (!events.empty()) return DataLoss(path + ": holds no plan");
      return database_->Run("INSERT INTO run(plan) VALUES (?1)", {plan});
    }
    if (plans.size() != 1) return DataLoss(path + ": holds several plans");
    if (plans.front().front() == plan) return OkStatus();
    return FailedPrecondition(path + ": belongs to a run with another plan");
  }

  Status Append(const Event& event) override {
    return database_->Run("INSERT INTO events(event) VALUES (?1)", {EncodeEvent(event)});
  }

  Result<std::vector<Event>> Load() const override {
    CONSILIUM_ASSIGN_OR_RETURN(
        const SqliteDatabase::Rows last,
        database_->Query("SELECT coalesce(max(sequence), 0) FROM events", 1));
    CONSILIUM_ASSIGN_OR_RETURN(const SqliteDatabase::Rows rows,
                               database_->Query("SELECT event FROM events ORDER BY sequence", 1));
    const std::string& path = database_->path();
    if (last.size() != 1 || last.front().front() != std::to_string(rows.size())) {
      return DataLoss(path + ": events are missing from the log");
    }
    std::vector<Event> events;
    events.reserve(rows.size());
    for (const auto& row : rows) {
      Result<Event> event = DecodeEvent(row.front());
      if (!event.ok()) {
        return event.status().WithContext(path + ": event " + std::to_string(events.size() + 1));
      }
      events.push_back(std::move(event).value());
    }
    return events;
  }

  Result<std::unique_ptr<SqliteCopy>> BeginCopy(const std::string& path) const override {
    return database_->BeginCopy(path);
  }

 private:
  std::unique_ptr<SqliteDatabase> database_;
};

}  // namespace

Result<std::unique_ptr<SqliteRoundStore>> OpenSqliteRoundStore(const std::string& path,
                                                               const std::string& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(path, Migrations()));
  auto store = std::make_unique<FileRoundStore>(std::move(database));
  CONSILIUM_RETURN_IF_ERROR(store->Prepare(plan));
  return std::unique_ptr<SqliteRoundStore>(std::move(store));
}

}  // namespace consilium
