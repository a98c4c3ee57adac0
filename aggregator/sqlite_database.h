/// One SQLite file (write-ahead log, synchronous=FULL), held alone while it is open: what Run or
/// Transact wrote is on disk when they return.
///
/// Schema   PRAGMA user_version counts the migrations that were applied; Open applies the missing
///          ones in one transaction, so that a file of any earlier version opens. A released
///          migration never changes.
/// Errors   kInvalidArgument: cannot be opened; kUnavailable: another process holds it; kDataLoss:
///          no such file format; kFailedPrecondition: of a newer schema; kResourceExhausted: the
///          disk is full.
/// Threads  one caller at a time.
#pragma once

#include "common/base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_backup;

namespace consilium {

/// A copy of a database in the making (SQLite's online backup): what its owner writes meanwhile is
/// in the copy too, so that the copy is the database of the moment when Step says that it is whole.
/// The database must outlive it. Threads: as the database.
class SqliteCopy {
 public:
  /// Copies about 4 MiB more; true once the copy is whole and on disk.
  /// Errors: as SqliteDatabase; the file is then of no use.
  Result<bool> Step();

 private:
  friend class SqliteDatabase;
  struct Close {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_backup* backup) const;
  };
  SqliteCopy(std::string path, sqlite3* to) : path_(std::move(path)), to_(to) {}

  std::string path_;
  // In this order: the copying ends before its file is closed.
  std::unique_ptr<sqlite3, Close> to_;
  std::unique_ptr<sqlite3_backup, Close> copying_;
};

class SqliteDatabase {
 public:
  /// Cells as text; NULL is "".
  using Rows = std::vector<std::vector<std::string>>;

  /// migrations[v]: the SQL that leads from schema version v to v + 1; 0 is an empty file.
  static Result<std::unique_ptr<SqliteDatabase>> Open(const std::string& path,
                                                      const std::vector<std::string>& migrations);

  /// A file that is there, of whatever schema: to be copied.
  static Result<std::unique_ptr<SqliteDatabase>> OpenStored(const std::string& path);

  /// Begins a copy in the new file `path`.
  Result<std::unique_ptr<SqliteCopy>> BeginCopy(const std::string& path) const;

  /// One statement with ?1, ?2, ... for `values`.
  Status Run(const std::string& sql, const std::vector<std::string>& values = {});
  Result<Rows> Query(const std::string& sql, int columns,
                     const std::vector<std::string>& values = {}) const;
  /// All of what `body` writes, or nothing of it.
  Status Transact(const std::function<Status()>& body);

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  SqliteDatabase(std::string path, sqlite3* database)
      : path_(std::move(path)), database_(database) {}
  static Result<std::unique_ptr<SqliteDatabase>> OpenFile(const std::string& path, int flags);
  Status Migrate(const std::vector<std::string>& migrations);
  Status RunAll(const std::string& script);

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace consilium
