/// consilium-sim: experiments on one machine.
///
///   consilium-sim loco --cohort manifest.csv --out results
///   consilium-sim study --protocol cv --preset paper --cohort manifest.csv --out results
///   consilium-sim plan sweep.yaml
///   consilium-sim run sweep.yaml --out sweep
///   consilium-sim collect sweep
///   consilium-sim report results
///   consilium-sim init --run run.yaml --out model.safetensors
///   consilium-sim synthetic --out cohort
///   consilium-sim export --model model.safetensors --out model.pt
///   consilium-sim backbones
///   consilium-sim backbone resnet18 --fill --input images.safetensors --output figures.safetensors
///   consilium-sim bench train --backbone resnet18
///
/// Exit codes: 0 done, 2 wrong input or usage, 1 anything else, 130 interrupted.

#include "common/base/interrupt.h"
#include "common/base/status.h"
#include "common/nn/compute.h"
#include "common/version/version.h"
#include "simulations/cli/command.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kWrongUsage = 2;

std::string FullVersion() {
  return consilium::VersionLine("consilium-sim") + ", " + consilium::BuildDescription();
}

int Report(const consilium::Status& status) {
  if (!status.ok()) std::cerr << "consilium-sim: " << status.message() << "\n";
  return consilium::ExitCode(status);
}

}  // namespace

int main(int argc, char** argv) {
  consilium::KeepFreedMemory();
  const std::string version = FullVersion();
  CLI::App app("Federated multi-task learning on chest X-rays: experiments on one machine");
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 wrong input or usage, 1 anything else, 130 interrupted.");
  std::vector<std::unique_ptr<consilium::Command>> commands;
  commands.push_back(consilium::AddLocoCommand(app, version));
  commands.push_back(consilium::AddStudyCommand(app, version));
  commands.push_back(consilium::AddPlanCommand(app));
  commands.push_back(consilium::AddRunCommand(app));
  commands.push_back(consilium::AddCollectCommand(app));
  commands.push_back(consilium::AddReportCommand(app));
  commands.push_back(consilium::AddInitCommand(app));
  commands.push_back(consilium::AddSyntheticCommand(app));
  commands.push_back(consilium::AddExportCommand(app));
  commands.push_back(consilium::AddBackbonesCommand(app));
  commands.push_back(consilium::AddBackboneCommand(app));
  commands.push_back(consilium::AddBenchCommand(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::cerr << "consilium-sim: " << error.what() << " (see consilium-sim --help)\n";
    return kWrongUsage;
  }
  consilium::InstallInterruptHandler();
  for (const auto& command : commands) {
    if (const consilium::Status status = command->Run(); !status.ok()) return Report(status);
  }
  return 0;
}
