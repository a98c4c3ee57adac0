/// Options that say what is trained, shared by `loco` and `init`: text as given, a RunPlan out.
#pragma once

#include "common/base/result.h"
#include "common/federation/run_plan.h"
#include "common/nn/published_weights.h"

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace consilium {

struct ModelOptions {
  std::string backbone = "resnet18";
  std::string weights;
  std::vector<std::string> tasks = {"prognosis", "brixia"};
  std::string brixia = "zones";
};

void AddModelOptions(CLI::App& command, ModelOptions& options);

/// Says on standard error what of a file of weights was left out.
void SayLeftOut(const LoadedWeights& loaded);

/// Errors: kInvalidArgument "field: what is wrong and what was expected".
Result<std::vector<TaskSpec>> TasksOf(const ModelOptions& options);

}  // namespace consilium
