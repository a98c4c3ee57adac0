/// report.md: the tables of a study and a model card. Threads: pure.
#pragma once

#include "simulations/results/row.h"
#include "simulations/results/table.h"

#include <string>
#include <utility>
#include <vector>

namespace consilium {

struct ReportInput {
  Summary summary;
  std::vector<std::string> tasks;  ///< in the order of their tables
  Table centers;                   ///< what each center holds
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<std::string> warnings;
  std::size_t jobs_done = 0;
  std::size_t jobs_planned = 0;
};

std::string FormatReport(const ReportInput& input);

}  // namespace consilium
