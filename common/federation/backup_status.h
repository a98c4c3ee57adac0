/// A backup of an aggregator on its way to an operator, as plain structs (protobuf:
/// proto/consilium/v1/admin.proto; on disk: docs/formats/backup.md). Threads: plain values.
#pragma once

#include "common/base/bytes.h"
#include "common/federation/run_status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace consilium {

inline constexpr int kBackupFormat = 1;

struct BackedUpRun {
  RunId run;
  RunState state = RunState::kQueued;
  std::optional<RoundNumber> round;  ///< of a run that was under way
  friend bool operator==(const BackedUpRun&, const BackedUpRun&) = default;
};

/// Comes first.
struct BackupStart {
  int format = kBackupFormat;
  Timestamp at;  ///< the moment that the store is copied of
  std::vector<BackedUpRun> runs;
  std::int64_t files = 0;
  std::uint64_t byte_size = 0;  ///< of all files
  friend bool operator==(const BackupStart&, const BackupStart&) = default;
};

/// Begins a file; its bytes follow.
struct BackupFile {
  std::string path;  ///< in the state folder, parts joined by '/'
  std::uint64_t byte_size = 0;
  friend bool operator==(const BackupFile&, const BackupFile&) = default;
};

/// Ends a file: what its bytes must give.
struct BackupFileEnd {
  std::string sha256;
  friend bool operator==(const BackupFileEnd&, const BackupFileEnd&) = default;
};

/// ByteView: some bytes of the file at hand, valid during the call that they are given to.
using BackupPart = std::variant<BackupStart, BackupFile, ByteView, BackupFileEnd>;

}  // namespace consilium
