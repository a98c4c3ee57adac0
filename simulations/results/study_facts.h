/// study.json: what a study is about and how far it is, beside its results and settings
/// (docs/formats/study.md). Threads: pure.
#pragma once

#include "common/base/result.h"
#include "simulations/results/table.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct StudyFacts {
  struct Task {
    std::string id;
    std::vector<std::string> classes;  ///< empty unless the task has named classes
  };
  std::vector<Task> tasks;  ///< in the order of their tables
  Table centers;            ///< what each center holds
  std::vector<std::string> warnings;
  std::size_t jobs_done = 0;
  std::size_t jobs_planned = 0;
};

std::string FormatStudyFacts(const StudyFacts& facts);
/// Errors: kInvalidArgument "FILE: what is wrong".
Result<StudyFacts> ParseStudyFacts(std::string_view json, const std::string& name_for_errors);

}  // namespace consilium
