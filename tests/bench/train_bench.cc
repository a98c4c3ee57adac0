// How fast the Trainer trains, for a list of configurations: one JSON object per line.
//
//   train_bench --backbones resnet18,densenet121 --batches 8,16 --precisions fp32
//
// Keys: simulations/benchmark/figures_text.h; a configuration that cannot run gives "failed" instead
// of figures. Peak memory is a configuration's own only in a process of its own: freed memory is
// kept, as in every program that trains.

#include "common/nn/compute.h"
#include "simulations/benchmark/figures_text.h"
#include "simulations/benchmark/train_benchmark.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace consilium {
namespace {

struct Grid {
  std::vector<std::string> backbones{"resnet18", "densenet121", "mobilenet_v2"};
  std::vector<int> batches{16};
  std::vector<std::string> precisions{"auto"};
  std::string device = "cpu";
  bool no_augment = false;
  TrainBenchmarkOptions each;
};

void AddOptions(CLI::App& app, Grid& grid) {
  app.add_option("--backbones", grid.backbones, "Names, with commas")->delimiter(',');
  app.add_option("--batches", grid.batches, "Images of a step, with commas")->delimiter(',');
  app.add_option("--precisions", grid.precisions, "auto, fp32, bf16, fp16")->delimiter(',');
  app.add_option("--image-size", grid.each.image_size, "Pixels, square")->capture_default_str();
  app.add_option("--steps", grid.each.steps, "Timed steps")->capture_default_str();
  app.add_option("--threads", grid.each.compute.threads, "Threads that compute")
      ->capture_default_str();
  app.add_option("--device", grid.device, "cpu, cuda:N or cuda:N,cuda:M")->capture_default_str();
  app.add_flag("--checkpoint-activations", grid.each.compute.checkpoint_activations,
               "Compute most of the forward pass twice, for less memory");
  app.add_flag("--cuda-graphs", grid.each.compute.cuda_graphs,
               "Record the backbone's pass once and launch it whole; needs one GPU");
  app.add_flag("--no-augment", grid.no_augment, "Take the images as they are");
}

Result<std::string> Measured(TrainBenchmarkOptions options, const std::string& precision) {
  CONSILIUM_ASSIGN_OR_RETURN(options.compute.precision, ParsePrecision(precision));
  CONSILIUM_ASSIGN_OR_RETURN(const TrainFigures figures, TrainBenchmark(options));
  return FormatJson(figures);
}

std::string Line(const TrainBenchmarkOptions& options, const std::string& precision) {
  const Result<std::string> figures = Measured(options, precision);
  if (figures.ok()) return *figures;
  return nlohmann::ordered_json{
      {"backbone", options.backbone}, {"image_size", options.image_size},
      {"batch", options.batch},       {"threads", options.compute.threads},
      {"precision", precision},       {"failed", figures.status().message()}}
      .dump();
}

Status RunGrid(const Grid& grid) {
  TrainBenchmarkOptions options = grid.each;
  options.augment = !grid.no_augment;
  CONSILIUM_RETURN_IF_ERROR(SetDevices(options.compute, grid.device));
  for (const std::string& backbone : grid.backbones) {
    for (const int batch : grid.batches) {
      for (const std::string& precision : grid.precisions) {
        options.backbone = backbone;
        options.batch = batch;
        std::cout << Line(options, precision) << std::endl;
      }
    }
  }
  return OkStatus();
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  consilium::KeepFreedMemory();
  CLI::App app("How fast the Trainer trains: one JSON object per configuration");
  consilium::Grid grid;
  consilium::AddOptions(app, grid);
  CLI11_PARSE(app, argc, argv);
  const consilium::Status status = consilium::RunGrid(grid);
  if (!status.ok()) std::cerr << "train_bench: " << status.message() << "\n";
  return consilium::ExitCode(status);
}
