#include "common/nn/precision.h"
#include "simulations/benchmark/figures_text.h"
#include "simulations/benchmark/train_benchmark.h"
#include "simulations/cli/command.h"

#include <algorithm>
#include <iostream>
#include <thread>

namespace consilium {
namespace {

class BenchCommand : public Command {
 public:
  explicit BenchCommand(CLI::App& app) {
    CLI::App* bench = app.add_subcommand("bench", "Measure how fast this machine works");
    bench->require_subcommand(1);
    train_ = bench->add_subcommand(
        "train", "Train on random images: images per second, where a step's time goes");
    train_->add_option("--backbone", options_.backbone, "One of `consilium-sim backbones`")
        ->type_name("NAME")
        ->capture_default_str();
    train_->add_option("--image-size", options_.image_size, "Pixels, square")
        ->type_name("PIXELS")
        ->capture_default_str();
    train_->add_option("--batch", options_.batch, "Images of a step")
        ->type_name("N")
        ->capture_default_str();
    train_->add_option("--steps", options_.steps, "Timed steps, after two to warm up")
        ->type_name("N")
        ->capture_default_str();
    options_.compute.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    train_->add_option("--threads", options_.compute.threads, "Threads that compute")
        ->type_name("N")
        ->capture_default_str();
    train_
        ->add_option("--device", device_,
                     "cpu, cuda:N, or GPUs that share each batch: cuda:0,cuda:1")
        ->type_name("DEVICE")
        ->capture_default_str();
    train_->add_option("--precision", precision_, "auto, fp32, bf16 or fp16")
        ->type_name("NAME")
        ->capture_default_str();
    train_->add_flag("--checkpoint-activations", options_.compute.checkpoint_activations,
                     "Compute most of the forward pass twice, for less memory");
    train_->add_flag("--cuda-graphs", options_.compute.cuda_graphs,
                     "Record the backbone's pass once and launch it whole; needs one GPU");
    train_->add_flag("--no-augment", no_augment_, "Take the images as they are");
    train_->add_flag("--json", json_, "Print one JSON object instead of a table");
  }

  Status Run() override {
    if (!train_->parsed()) return OkStatus();
    options_.augment = !no_augment_;
    CONSILIUM_RETURN_IF_ERROR(SetDevices(options_.compute, device_));
    CONSILIUM_ASSIGN_OR_RETURN(options_.compute.precision, ParsePrecision(precision_));
    CONSILIUM_ASSIGN_OR_RETURN(const TrainFigures figures, TrainBenchmark(options_));
    std::cout << (json_ ? FormatJson(figures) + "\n" : DrawFigures(figures));
    return OkStatus();
  }

 private:
  TrainBenchmarkOptions options_;
  std::string device_ = "cpu";
  std::string precision_ = "auto";
  bool no_augment_ = false;
  bool json_ = false;
  CLI::App* train_;
};

}  // namespace

std::unique_ptr<Command> AddBenchCommand(CLI::App& app) {
  return std::make_unique<BenchCommand>(app);
}

}  // namespace consilium
