/// Reads the folders of studies and writes their report:
///
///   FILE.html               the page
///   FILE/figures/*.svg      its figures, each as a file of its own
///   FILE/tables/*.csv, *.tex
///
/// for FILE.html = DIR/report.html that is DIR/report/. Files of the same names are replaced.
/// Threads: one caller at a time for a file.
#pragma once

#include "common/base/status.h"

#include <string>
#include <vector>

namespace consilium {

/// One folder: the report of a study, with `out` "" into that folder. Several: their comparison,
/// which needs an `out`. Errors: those of ReadStudy; kInvalidArgument: `out` is missing or does not
/// end in ".html", or a folder is named twice; those of writing.
Status WriteReport(const std::vector<std::string>& folders, std::string out);

}  // namespace consilium
