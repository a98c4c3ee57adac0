/// A cohort's manifest: CSV (RFC 4180 quoting, UTF-8, LF or CRLF) with columns image, patient_id,
/// center and one column per task; other columns are ignored.
///
/// Errors are found in the order header, labels, duplicates, patients over centers (pictures come
/// after, in imaging), and read "FILE:LINE: FIELD: what is wrong, what was expected";
/// kInvalidArgument. A row without any label is kept: it trains nothing and is counted in
/// `warnings`. Bounds: 1 GB, 10 million rows, 64 KiB a field. Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"

#include <string>
#include <vector>

namespace consilium {

struct Manifest {
  std::string path;    ///< of the CSV file, for messages
  std::string folder;  ///< image paths are relative to it
  std::vector<TaskSpec> tasks;
  std::vector<Sample> samples;
  std::vector<int> lines;  ///< of each sample, counted from 1
  std::vector<std::string> warnings;
};

/// `tasks`: the tasks wanted; each needs its column and at least one label, else it is an error.
Result<Manifest> ReadManifest(const std::string& path, const std::vector<TaskSpec>& tasks);
/// The same from text; `path` is for messages and folders only.
Result<Manifest> ParseManifest(std::string_view text, const std::string& path,
                               const std::vector<TaskSpec>& tasks);

}  // namespace consilium
