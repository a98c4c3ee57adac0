/// summary.json and summary.csv (docs/formats/study.md). Undefined metrics are null, or empty
/// fields. Threads: pure.
#pragma once

#include "common/base/result.h"
#include "simulations/results/row.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

/// The whole of summary.json, aggregates and comparisons included.
std::string FormatSummary(const Summary& summary);
/// Aggregates and comparisons are not read back: they follow from the rows.
/// Errors: kInvalidArgument "FILE: what is wrong".
Result<Summary> ParseSummary(std::string_view json, const std::string& name_for_errors);

/// The rows flat, with a header line.
std::string FormatSummaryCsv(std::span<const Row> rows);

/// Rows alone, as a JSON array: what the record of a finished job holds.
std::string FormatRows(std::span<const Row> rows);
Result<std::vector<Row>> ParseRows(std::string_view json, const std::string& name_for_errors);

/// A CSV field, quoted where RFC 4180 asks for it.
std::string CsvField(std::string_view text);

}  // namespace consilium
