/// Writes a state shaped as a backbone's with the heads of two tasks, its values random: what
/// round_bench sends around. A program of its own, so that the measured ones hold no LibTorch.
///
///   round_bench_model --backbone resnet50 --out FILE.safetensors
#include "common/nn/multi_task_net.h"
#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"
#include "tests/support/random_state.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace consilium {
namespace {

Status WriteRandomState(const std::string& backbone, const std::string& path) {
  RunPlan plan;
  plan.backbone = backbone;
  CONSILIUM_ASSIGN_OR_RETURN(const TaskSpec zones, BrixiaTask("zones"));
  plan.tasks = {PrognosisTask(), zones};
  CONSILIUM_ASSIGN_OR_RETURN(const MultiTaskNet net, MakeNet(plan));
  const TensorFile file{RandomState(LayoutOf(*net), 1, 0.05), {}};
  return WriteFileAtomically(path, SerializeSafetensors(file));
}

int Main(int argc, char** argv) {
  CLI::App app("a random state of a backbone");
  std::string backbone = "resnet50";
  std::string path;
  app.add_option("--backbone", backbone);
  app.add_option("--out", path)->required();
  CLI11_PARSE(app, argc, argv);
  const Status status = WriteRandomState(backbone, path);
  if (!status.ok()) std::cerr << status << '\n';
  return ExitCode(status);
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) { return consilium::Main(argc, argv); }
