#include "aggregator/sqlite_store.h"

#include "aggregator/event_codec.h"

#include <sqlite3.h>

namespace consilium {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

constexpr int kSchemaVersion = 1;

Status SqliteStatus(int code, sqlite3* database, const std::string& path) {
  const std::string message = path + ": " + sqlite3_errmsg(database);
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return ResourceExhausted(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DataLoss(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable(message);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return InvalidArgument(message);
    default:
      return Internal(message);
  }
}

class SqliteRoundStore final : public RoundStore {
 public:
  SqliteRoundStore(std::string path, Database database)
      : path_(std::move(path)), database_(std::move(database)) {}

  Status Prepare(const std::string& plan) {
    for (const char* sql :
         {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"}) {
      CONSILIUM_RETURN_IF_ERROR(Run(sql));
    }
    CONSILIUM_ASSIGN_OR_RETURN(const std::int64_t version, QueryInteger("PRAGMA user_version"));
    if (version == 0) return CreateTables(plan);
    if (version != kSchemaVersion) {
      return FailedPrecondition(path_ + ": is of schema " + std::to_string(version) +
                                ", expected " + std::to_string(kSchemaVersion));
    }
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> plans,
                               QueryTexts("SELECT plan FROM run"));
    if (plans.size() != 1) return DataLoss(path_ + ": holds no plan");
    if (plans.front() != plan) {
      return FailedPrecondition(path_ + ": belongs to a run with another plan");
    }
    return OkStatus();
  }

  Status Append(const Event& event) override {
    return RunWith("INSERT INTO events(event) VALUES (?1)", EncodeEvent(event));
  }

  Result<std::vector<Event>> Load() const override {
    CONSILIUM_ASSIGN_OR_RETURN(const std::int64_t last,
                               QueryInteger("SELECT coalesce(max(sequence), 0) FROM events"));
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                               QueryTexts("SELECT event FROM events ORDER BY sequence"));
    if (last != static_cast<std::int64_t>(texts.size())) {
      return DataLoss(path_ + ": events are missing from the log");
    }
    std::vector<Event> events;
    for (const std::string& text : texts) {
      Result<Event> event = DecodeEvent(text);
      if (!event.ok()) {
        return event.status().WithContext(path_ + ": event " + std::to_string(events.size() + 1));
      }
      events.push_back(std::move(event).value());
    }
    return events;
  }

 private:
  Status CreateTables(const std::string& plan) {
    CONSILIUM_RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
    CONSILIUM_RETURN_IF_ERROR(Run("CREATE TABLE run(plan TEXT NOT NULL)"));
    CONSILIUM_RETURN_IF_ERROR(
        Run("CREATE TABLE events(sequence INTEGER PRIMARY KEY, event TEXT NOT NULL)"));
    CONSILIUM_RETURN_IF_ERROR(RunWith("INSERT INTO run(plan) VALUES (?1)", plan));
    CONSILIUM_RETURN_IF_ERROR(Run("PRAGMA user_version=1"));
    static_assert(kSchemaVersion == 1);
    return Run("COMMIT");
  }

  Result<Statement> Compile(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr);
    if (code != SQLITE_OK) return SqliteStatus(code, database_.get(), path_);
    return Statement(statement);
  }

  /// True for a row, false at the end.
  Result<bool> Next(const Statement& statement) const {
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return SqliteStatus(code, database_.get(), path_);
  }

  Status Finish(const Statement& statement) const {
    while (true) {
      CONSILIUM_ASSIGN_OR_RETURN(const bool row, Next(statement));
      if (!row) return OkStatus();
    }
  }

  Status Run(const char* sql) {
    CONSILIUM_ASSIGN_OR_RETURN(const Statement statement, Compile(sql));
    return Finish(statement);
  }

  Status RunWith(const char* sql, const std::string& text) {
    CONSILIUM_ASSIGN_OR_RETURN(const Statement statement, Compile(sql));
    const int code = sqlite3_bind_text64(statement.get(), 1, text.data(), text.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK) return SqliteStatus(code, database_.get(), path_);
    return Finish(statement);
  }

  Result<std::int64_t> QueryInteger(const char* sql) const {
    CONSILIUM_ASSIGN_OR_RETURN(const Statement statement, Compile(sql));
    CONSILIUM_ASSIGN_OR_RETURN(const bool row, Next(statement));
    if (!row) return DataLoss(path_ + ": an answer is missing");
    return static_cast<std::int64_t>(sqlite3_column_int64(statement.get(), 0));
  }

  Result<std::vector<std::string>> QueryTexts(const char* sql) const {
    CONSILIUM_ASSIGN_OR_RETURN(const Statement statement, Compile(sql));
    std::vector<std::string> texts;
    while (true) {
      CONSILIUM_ASSIGN_OR_RETURN(const bool row, Next(statement));
      if (!row) return texts;
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
      const int size = sqlite3_column_bytes(statement.get(), 0);
      texts.emplace_back(text == nullptr ? "" : text, static_cast<std::size_t>(size));
    }
  }

  std::string path_;
  Database database_;
};

}  // namespace

Result<std::unique_ptr<RoundStore>> OpenSqliteRoundStore(const std::string& path,
                                                         const std::string& plan) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(opened);
  if (code != SQLITE_OK) return SqliteStatus(code, opened, path);
  auto store = std::make_unique<SqliteRoundStore>(path, std::move(database));
  CONSILIUM_RETURN_IF_ERROR(store->Prepare(plan));
  return std::unique_ptr<RoundStore>(std::move(store));
}

}  // namespace consilium
