#include "simulations/cli/model_options.h"

#include "common/nn/backbone.h"

#include <iostream>

namespace consilium {
namespace {

std::string BackboneNames() {
  std::string names;
  for (const BackboneInfo& info : Backbones()) {
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  return names;
}

}  // namespace

void AddModelOptions(CLI::App& command, ModelOptions& options) {
  command.add_option("--backbone", options.backbone, "One of " + BackboneNames())
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option(
          "--weights", options.weights,
          "Initial weights of the backbone, .safetensors or .pth with the reference's names")
      ->type_name("FILE");
  command
      .add_option("--brixia", options.brixia,
                  "What of the Brixia score is predicted: zones, lungs or global")
      ->type_name("WHAT")
      ->capture_default_str();
}

void SayLeftOut(const LoadedWeights& loaded) {
  for (const std::string& head : loaded.dropped) {
    std::cerr << "weights: " << head << " left out\n";
  }
}

Result<std::vector<TaskSpec>> TasksOf(const ModelOptions& options) {
  std::vector<TaskSpec> tasks;
  for (const std::string& name : options.tasks) {
    if (name == "prognosis") {
      tasks.push_back(PrognosisTask());
    } else if (name == "brixia") {
      CONSILIUM_ASSIGN_OR_RETURN(TaskSpec task, BrixiaTask(options.brixia));
      tasks.push_back(std::move(task));
    } else {
      return InvalidArgument("tasks: '" + name + "' is unknown, expected prognosis or brixia");
    }
  }
  return tasks;
}

}  // namespace consilium
