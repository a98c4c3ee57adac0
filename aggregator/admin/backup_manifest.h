/// backup.json: what a backup holds (docs/formats/backup.md).
///
/// Errors   kDataLoss naming the field; kFailedPrecondition for the format of a newer program.
/// Threads  pure.
#pragma once

#include "common/base/result.h"
#include "common/federation/backup_status.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct BackupManifest {
  struct File {
    BackupFile file;
    std::string sha256;
    friend bool operator==(const File&, const File&) = default;
  };
  BackupStart start;
  std::vector<File> files;
  friend bool operator==(const BackupManifest&, const BackupManifest&) = default;
};

std::string FormatManifest(const BackupManifest& manifest);
/// What it gives: paths that stay below their folder, each once; the sums of `start` are those of
/// `files`.
Result<BackupManifest> ParseManifest(std::string_view text);
/// Whether a backup may name a file so.
Status CheckBackupPath(const std::string& path);

/// For people, and for scripts: of when, how much, and the runs.
std::string BackupText(const BackupStart& start, const std::string& folder);
std::string BackupJson(const BackupStart& start, const std::string& folder);

}  // namespace consilium
