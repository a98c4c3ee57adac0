#include "aggregator/sqlite_database.h"

#include <sqlite3.h>

#include <utility>

namespace consilium {
namespace {

constexpr int kPagesAtOnce = 1024;

struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

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

Result<Statement> Compile(sqlite3* database, const std::string& path, const std::string& sql,
                          const std::vector<std::string>& values) {
  sqlite3_stmt* compiled = nullptr;
  int code = sqlite3_prepare_v2(database, sql.c_str(), -1, &compiled, nullptr);
  Statement statement(compiled);
  for (std::size_t i = 0; code == SQLITE_OK && i < values.size(); ++i) {
    code = sqlite3_bind_text64(compiled, static_cast<int>(i + 1), values[i].data(),
                               values[i].size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  if (code != SQLITE_OK) return SqliteStatus(code, database, path);
  return statement;
}

/// True for a row, false at the end.
Result<bool> Next(sqlite3* database, const std::string& path, const Statement& statement) {
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteStatus(code, database, path);
}

std::string ColumnText(const Statement& statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), column));
  const int size = sqlite3_column_bytes(statement.get(), column);
  return {text == nullptr ? "" : text, static_cast<std::size_t>(size)};
}

}  // namespace

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::OpenFile(const std::string& path,
                                                                 int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  auto made = std::unique_ptr<SqliteDatabase>(new SqliteDatabase(path, opened));
  if (code != SQLITE_OK) return SqliteStatus(code, opened, path);
  for (const char* sql :
       {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"}) {
    CONSILIUM_RETURN_IF_ERROR(made->Run(sql));
  }
  return made;
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(
    const std::string& path, const std::vector<std::string>& migrations) {
  CONSILIUM_ASSIGN_OR_RETURN(auto made, OpenFile(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  CONSILIUM_RETURN_IF_ERROR(made->Migrate(migrations));
  return made;
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::OpenStored(const std::string& path) {
  return OpenFile(path, SQLITE_OPEN_READWRITE);
}

Status SqliteDatabase::Migrate(const std::vector<std::string>& migrations) {
  CONSILIUM_ASSIGN_OR_RETURN(const Rows answer, Query("PRAGMA user_version", 1));
  if (answer.empty()) return DataLoss(path_ + ": tells no schema version");
  const auto newest = static_cast<std::int64_t>(migrations.size());
  const std::int64_t stored = std::stoll(answer.front().front());
  if (stored < 0 || stored > newest) {
    return FailedPrecondition(path_ + ": is of schema " + std::to_string(stored) +
                              ", expected at most " + std::to_string(newest) +
                              ": a newer version of this program wrote it");
  }
  if (stored == newest) return OkStatus();
  return Transact([&]() -> Status {
    for (std::int64_t from = stored; from < newest; ++from) {
      CONSILIUM_RETURN_IF_ERROR(RunAll(migrations[static_cast<std::size_t>(from)]));
    }
    return Run("PRAGMA user_version=" + std::to_string(newest));
  });
}

Status SqliteDatabase::RunAll(const std::string& script) {
  const int code = sqlite3_exec(database_.get(), script.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? OkStatus() : SqliteStatus(code, database_.get(), path_);
}

Status SqliteDatabase::Run(const std::string& sql, const std::vector<std::string>& values) {
  return Query(sql, 0, values).status();
}

Result<SqliteDatabase::Rows> SqliteDatabase::Query(const std::string& sql, int columns,
                                                   const std::vector<std::string>& values) const {
  CONSILIUM_ASSIGN_OR_RETURN(const Statement statement,
                             Compile(database_.get(), path_, sql, values));
  Rows rows;
  while (true) {
    CONSILIUM_ASSIGN_OR_RETURN(const bool row, Next(database_.get(), path_, statement));
    if (!row) return rows;
    std::vector<std::string>& cells = rows.emplace_back();
    for (int column = 0; column < columns; ++column) cells.push_back(ColumnText(statement, column));
  }
}

Status SqliteDatabase::Transact(const std::function<Status()>& body) {
  CONSILIUM_RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
  Status status = body();
  if (status.ok()) status = Run("COMMIT");
  // The first error counts; some of them have ended the transaction already.
  if (!status.ok()) static_cast<void>(Run("ROLLBACK").ok());
  return status;
}

Result<std::unique_ptr<SqliteCopy>> SqliteDatabase::BeginCopy(const std::string& path) const {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  auto made = std::unique_ptr<SqliteCopy>(new SqliteCopy(path, opened));
  if (code != SQLITE_OK) return SqliteStatus(code, opened, path);
  made->copying_.reset(sqlite3_backup_init(opened, "main", database_.get(), "main"));
  if (made->copying_ == nullptr) return SqliteStatus(sqlite3_errcode(opened), opened, path);
  return made;
}

void SqliteCopy::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void SqliteCopy::Close::operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }

Result<bool> SqliteCopy::Step() {
  const int code = sqlite3_backup_step(copying_.get(), kPagesAtOnce);
  if (code == SQLITE_OK) return false;
  const int finished = sqlite3_backup_finish(copying_.release());
  if (code == SQLITE_DONE && finished == SQLITE_OK) return true;
  return SqliteStatus(code == SQLITE_DONE ? finished : code, to_.get(), path_);
}

}  // namespace consilium
