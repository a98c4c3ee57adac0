#include "simulations/benchmark/train_benchmark.h"

#include "common/base/random_stream.h"
#include "common/data/dataset.h"
#include "common/federation/run_plan.h"
#include "common/nn/compute.h"
#include "common/nn/multi_task_net.h"
#include "common/nn/torch_guard.h"
#include "common/training/precision_choice.h"
#include "simulations/benchmark/matrix_product.h"
#include "simulations/benchmark/operation_count.h"
#include "simulations/benchmark/peak_memory.h"
#include "simulations/benchmark/timed_training.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace consilium {
namespace {

constexpr double kLearningRate = 1e-4;
constexpr std::int64_t kMatrixSide = 2048;
/// What keeps a large GPU busy.
constexpr std::int64_t kMatrixSideOnGpu = 8192;
/// Forward, gradient of the inputs, gradient of the weights, two operations each.
constexpr double kOperationsPerMultiplyAdd = 6;

Status CheckRange(std::string_view option, int value, int least, int most) {
  if (value >= least && value <= most) return OkStatus();
  return InvalidArgument(std::string(option) + ": " + std::to_string(value) +
                         " is outside its range, expected " + std::to_string(least) + " to " +
                         std::to_string(most));
}

Status Validate(const TrainBenchmarkOptions& options) {
  CONSILIUM_RETURN_IF_ERROR(CheckRange("image-size", options.image_size, 64, 4096));
  CONSILIUM_RETURN_IF_ERROR(CheckRange("batch", options.batch, 1, 65'536));
  CONSILIUM_RETURN_IF_ERROR(CheckRange("steps", options.steps, 1, 1'000'000));
  CONSILIUM_RETURN_IF_ERROR(CheckRange("warm-up", options.warm_up, 0, 1'000'000));
  return CheckRange("threads", options.compute.threads, 1, 4096);
}

Result<RunPlan> PlanOf(const TrainBenchmarkOptions& options) {
  RunPlan plan;
  plan.run = RunId("bench");
  plan.backbone = options.backbone;
  plan.image_size = options.image_size;
  plan.seed = options.seed;
  plan.training.batch_size = options.batch;
  plan.training.augment = options.augment;
  plan.training.learning_rate = kLearningRate;
  CONSILIUM_ASSIGN_OR_RETURN(TaskSpec brixia, BrixiaTask("zones"));
  plan.tasks = {PrognosisTask(), std::move(brixia)};
  return plan;
}

std::vector<int> RandomLabel(const TaskSpec& task, RandomStream& stream) {
  const std::size_t values =
      task.kind == TaskKind::kClasses ? task.classes.size() : static_cast<std::size_t>(task.levels);
  std::vector<int> label(static_cast<std::size_t>(LabelWidth(task)));
  for (int& value : label) value = static_cast<int>(stream.Below(values));
  return label;
}

/// One batch.
Dataset RandomImages(const RunPlan& plan) {
  RandomStream stream(StreamSeed(plan.seed, {"bench"}));
  Dataset dataset;
  dataset.tasks = plan.tasks;
  dataset.images = torch::empty({plan.training.batch_size, plan.image_size, plan.image_size});
  auto* pixel = dataset.images.data_ptr<float>();
  for (std::int64_t i = 0; i < dataset.images.numel(); ++i) {
    pixel[i] = static_cast<float>(stream.Uniform());
  }
  dataset.samples.resize(static_cast<std::size_t>(plan.training.batch_size));
  for (Sample& sample : dataset.samples) {
    sample.labels.reserve(plan.tasks.size());
    for (const TaskSpec& task : plan.tasks) sample.labels.push_back(RandomLabel(task, stream));
  }
  return dataset;
}

Result<double> MultiplyAddsOfOneImage(MultiTaskNet& net, const TrainBenchmarkOptions& options) {
  return GuardTorch("counting operations", [&] {
    const torch::NoGradGuard no_gradient;
    net->to(options.compute.device);
    net->eval();
    const torch::Tensor image =
        torch::zeros({1, 3, options.image_size, options.image_size}, options.compute.device);
    return CountMultiplyAdds([&] { net->forward(image); });
  });
}

StepTimes Divided(StepTimes sum, double steps) {
  for (double* part :
       {&sum.data, &sum.waiting, &sum.forward, &sum.loss, &sum.backward, &sum.optimizer}) {
    *part /= steps;
  }
  return sum;
}

void AddSteps(TimedTraining::Figures timed, TrainFigures& figures) {
  std::vector<double>& seconds = timed.seconds;
  const auto steps = static_cast<double>(seconds.size());
  const double batch = figures.options.batch;
  std::ranges::sort(seconds);
  const std::size_t middle = seconds.size() / 2;
  const double median =
      seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  figures.images_per_second = batch / median;
  figures.images_per_second_min = batch / seconds.back();
  figures.images_per_second_max = batch / seconds.front();
  figures.seconds_per_step = std::accumulate(seconds.begin(), seconds.end(), 0.0) / steps;
  figures.times = Divided(timed.times, steps);
  const StepTimes& times = figures.times;
  const double named =
      times.waiting + times.forward + times.loss + times.backward + times.optimizer;
  figures.other = std::max(0.0, figures.seconds_per_step - named);
  figures.flops = kOperationsPerMultiplyAdd * figures.multiply_adds * figures.images_per_second;
}

}  // namespace

Result<TrainFigures> TrainBenchmark(const TrainBenchmarkOptions& options) {
  CONSILIUM_RETURN_IF_ERROR(Validate(options));
  TrainFigures figures;
  figures.options = options;
  CONSILIUM_ASSIGN_OR_RETURN(const RunPlan plan, PlanOf(options));
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, MakeNet(plan));
  SetComputeThreads(options.compute.threads);
  ComputeOptions& compute = figures.options.compute;
  CONSILIUM_ASSIGN_OR_RETURN(const PrecisionChoice choice,
                             ResolvePrecision(plan, compute, DefaultPrecisionCache()));
  compute.precision = choice.precision;
  const auto matrix_rate = [&] {
    return MatrixProductRate(compute.device, ShortType(compute.precision),
                             compute.device.is_cuda() ? kMatrixSideOnGpu : kMatrixSide);
  };
  CONSILIUM_ASSIGN_OR_RETURN(const double rate_before, matrix_rate());
  CONSILIUM_ASSIGN_OR_RETURN(figures.multiply_adds, MultiplyAddsOfOneImage(net, options));

  const Dataset dataset = RandomImages(plan);
  TimedTraining training(net, dataset, {plan, compute, options.steps});
  CONSILIUM_RETURN_IF_ERROR(training.WarmUp(options.warm_up));
  figures.peak_of_timed_steps = ResetPeakMemory();
  CONSILIUM_ASSIGN_OR_RETURN(TimedTraining::Figures timed, training.RunEpoch());
  figures.peak_memory_mib = PeakMemoryMib();
  AddSteps(std::move(timed), figures);
  CONSILIUM_ASSIGN_OR_RETURN(const double rate_after, matrix_rate());
  figures.matrix_flops = std::max(rate_before, rate_after);
  return figures;
}

}  // namespace consilium
