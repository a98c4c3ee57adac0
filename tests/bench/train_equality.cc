// Trains a backbone and one linear head of two classes on given batches, for train_equality.py to
// repeat in PyTorch.
//
//   train_equality BACKBONE BATCHES WEIGHTS TYPE LEARNING_RATE WEIGHT_DECAY
//
// BATCHES, .safetensors, holds `images`, float32 [steps, B, S, S], and `labels`, float32 [steps, B] of
// 0 and 1. TYPE is float32 or float64. Writes the initial weights into the file WEIGHTS and says
// "ready"; then takes a step for each line that it reads, and prints its loss. After the line "write"
// it also writes the weights anew, and says "ready". One thread, no augmentation, no dropout, images
// taken as they are.

#include "common/data/dataset.h"
#include "common/federation/run_plan.h"
#include "common/nn/compute.h"
#include "common/nn/multi_task_net.h"
#include "common/nn/state.h"
#include "common/nn/torch_guard.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"
#include "common/training/trainer.h"

#include <torch/types.h>

#include <iomanip>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

namespace consilium {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31;
constexpr std::uint64_t kSeed = 7;

struct Batches {
  torch::Tensor images;
  torch::Tensor labels;
};

Result<Batches> ReadBatches(const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMostBytes));
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile file, ParseSafetensors(bytes, path));
  const std::vector<torch::Tensor> tensors = TensorsOf(file.blob);
  Batches batches;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string& name = file.blob.layout->entries()[i].name;
    if (name == "images") batches.images = tensors[i];
    if (name == "labels") batches.labels = tensors[i];
  }
  if (!batches.images.defined() || batches.images.dim() != 4 || !batches.labels.defined() ||
      batches.labels.sizes() != batches.images.sizes().slice(0, 2)) {
    return InvalidArgument(path + ": expected images [steps, B, S, S] and labels [steps, B]");
  }
  return batches;
}

TrainingOptions OneStepOverAll(const std::vector<std::string>& arguments) {
  TrainingOptions training;
  training.learning_rate = std::stod(arguments[4]);
  training.weight_decay = std::stod(arguments[5]);
  training.dropout = 0;
  training.augment = false;
  training.full_batch = true;
  return training;
}

Result<MultiTaskNet> NetOf(const std::string& backbone, const std::string& type) {
  CONSILIUM_ASSIGN_OR_RETURN(const BackboneInfo* info, FindBackbone(backbone));
  MultiTaskNet net(info->make(), std::vector<TaskSpec>{PrognosisTask()}, 0.0,
                   InputStatistics{{0, 0, 0}, {1, 1, 1}});
  Initialise(net, kSeed);
  net->to(type == "float64" ? torch::kFloat64 : torch::kFloat32);
  return net;
}

/// One epoch is one step over the whole dataset, whose contents change from step to step.
struct ChangingBatch {
  explicit ChangingBatch(const torch::Tensor& like) {
    dataset.tasks = {PrognosisTask()};
    dataset.images = torch::empty_like(like);
    dataset.samples.resize(like.size(0), {"", "", "", {{0}}});
    all.resize(like.size(0));
    std::iota(all.begin(), all.end(), 0);
  }
  void Take(const torch::Tensor& images, const torch::Tensor& labels) {
    dataset.images.copy_(images);
    for (const std::int64_t i : all) {
      dataset.samples[i].labels[0][0] = labels[i].item<float>() != 0 ? 1 : 0;
    }
  }
  Dataset dataset;
  Indices all;
};

Status WriteWeights(const MultiTaskNet& net, const std::string& path) {
  CONSILIUM_RETURN_IF_ERROR(WriteFileAtomically(path, SerializeSafetensors({ReadState(*net), {}})));
  std::cout << "ready" << std::endl;
  return OkStatus();
}

Status Run(const std::vector<std::string>& arguments) {
  SetComputeThreads(1);
  CONSILIUM_ASSIGN_OR_RETURN(const Batches batches, ReadBatches(arguments[1]));
  CONSILIUM_ASSIGN_OR_RETURN(const MultiTaskNet net, NetOf(arguments[0], arguments[3]));
  ChangingBatch batch(batches.images[0]);
  Trainer::Options options;
  options.training = OneStepOverAll(arguments);
  Trainer trainer(net, batch.dataset, batch.all, options);
  CONSILIUM_RETURN_IF_ERROR(WriteWeights(net, arguments[2]));
  std::string line;
  for (std::int64_t step = 0; step < batches.images.size(0) && std::getline(std::cin, line);
       ++step) {
    batch.Take(batches.images[step], batches.labels[step]);
    CONSILIUM_ASSIGN_OR_RETURN(const EpochResult result,
                               trainer.RunEpoch(options.training.learning_rate, kSeed));
    const TaskCounts& counts = result.tasks[0];
    std::cout << std::setprecision(17) << counts.loss_sum / static_cast<double>(counts.n)
              << std::endl;
    if (line == "write") CONSILIUM_RETURN_IF_ERROR(WriteWeights(net, arguments[2]));
  }
  return OkStatus();
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 6) {
    std::cerr << "usage: train_equality BACKBONE BATCHES WEIGHTS TYPE LEARNING_RATE WEIGHT_DECAY\n";
    return 2;
  }
  const consilium::Status status =
      consilium::GuardTorch("equality", [&] { return consilium::Run(arguments); });
  if (!status.ok()) std::cerr << "train_equality: " << status.message() << "\n";
  return consilium::ExitCode(status);
}
