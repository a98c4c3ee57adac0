/// A run, written by a person: YAML (and so JSON) to RunPlan and back.
///
/// Keys are those of RunPlan and its parts, in snake case; unknown keys, wrong types and values
/// outside their range are errors "FILE:LINE: field: what is wrong and what was expected"
/// (kInvalidArgument). Missing keys keep defaults. Example: configs/run.yaml. Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/federation/run_plan.h"

#include <string>
#include <string_view>

namespace consilium {

Result<RunPlan> ParseRunPlan(std::string_view yaml, const std::string& name_for_errors);
Result<RunPlan> ReadRunPlan(const std::string& path);
/// All values, in the order of the struct; ParseRunPlan of it gives an equal plan.
std::string FormatRunPlan(const RunPlan& plan);

}  // namespace consilium
