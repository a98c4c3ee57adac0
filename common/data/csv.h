/// Rows of a CSV text: RFC 4180 quoting, commas, LF or CRLF, an optional byte order mark.
///
/// A quote inside an unquoted field is an ordinary character; blank lines are skipped.
/// Bounds   64 KiB a field, 4,096 fields a row.
/// Errors   kInvalidArgument "FILE:LINE: row: what is wrong, what was expected"; after one, the
///          reader must not be used any more.
/// Threads  none inside.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct CsvRow {
  int line = 0;  ///< where it starts, counted from 1
  std::vector<std::string> fields;
};

class CsvReader {
 public:
  /// `text` must outlive the reader; `path` is for messages only.
  CsvReader(std::string_view text, std::string path);

  /// Fills `row` with the next one; false at the end.
  Result<bool> Next(CsvRow& row);

 private:
  Status ReadField(std::string& field);
  Status ReadQuoted(std::string& field);
  bool AtRowEnd() const;
  void SkipRowEnd();
  Status Fault(int line, std::string_view what) const;

  std::string_view text_;
  std::string path_;
  std::size_t at_ = 0;
  int line_ = 1;
};

/// Line (from 1) of the first byte that is NUL or no valid UTF-8; 0 if there is none.
int FirstLineThatIsNotText(std::string_view text);

}  // namespace consilium
