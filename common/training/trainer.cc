#include "common/training/trainer.h"

#include "common/base/random_stream.h"
#include "common/data/batch.h"
#include "common/nn/autocast.h"
#include "common/nn/torch_guard.h"
#include "common/training/batch_feeder.h"
#include "common/training/class_weights.h"
#include "common/training/computed_parameters.h"
#include "common/training/fused_optimizer.h"
#include "common/training/loss_scaler.h"
#include "common/training/masked_loss.h"
#include "common/training/memory_layout.h"
#include "common/training/stopwatch.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <optional>
#include <utility>

namespace consilium {
namespace {

bool HasAnyLabel(const Sample& sample) {
  for (const std::vector<int>& label : sample.labels) {
    if (!label.empty()) return true;
  }
  return false;
}

/// Consecutive parts of the images, one per step.
std::vector<std::span<const std::int64_t>> Batches(std::span<const std::int64_t> images,
                                                   const TrainingOptions& options) {
  const auto wanted = static_cast<std::size_t>(std::max(options.batch_size, 1));
  const std::size_t size = options.full_batch ? std::max<std::size_t>(images.size(), 1) : wanted;
  std::vector<std::span<const std::int64_t>> batches;
  batches.reserve(images.size() / size + 1);
  for (std::size_t first = 0; first < images.size(); first += size) {
    batches.push_back(images.subspan(first, std::min(size, images.size() - first)));
  }
  // Batch statistics need two images: a last one alone joins the batch before.
  if (batches.size() > 1 && size > 1 && batches.back().size() == 1) {
    batches.pop_back();
    batches.back() = images.last(size + 1);
  }
  return batches;
}

FusedOptimizer::Options OptimizerOptions(const TrainingOptions& training) {
  FusedOptimizer::Options options;
  options.kind = training.optimizer;
  options.weight_decay = training.weight_decay;
  options.momentum = training.momentum;
  return options;
}

}  // namespace

struct Trainer::Impl {
  MultiTaskNet net;
  const Dataset& dataset;
  Indices train;  // images with a label
  Options options;
  std::vector<double> factors;
  std::vector<torch::Tensor> class_weights;
  bool prepared = false;
  bool mixed = false;                       // computes in another type than that of the parameters
  BatchFormat format;                       // of the images
  std::optional<FusedOptimizer> optimizer;  // made by the first epoch
  LossScaler scaler;

  Impl(MultiTaskNet network, const Dataset& data, const Indices& indices, Options chosen)
      : net(std::move(network)), dataset(data), options(std::move(chosen)) {
    for (const std::int64_t index : indices) {
      if (HasAnyLabel(dataset.samples[index])) train.push_back(index);
    }
  }

  /// What the constructor may not do, because LibTorch may throw.
  Status Prepare() {
    if (prepared) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(CheckPrecision(options.compute.precision, options.compute.device));
    const std::size_t tasks = dataset.tasks.size();
    if (!options.loss_factors.empty() && options.loss_factors.size() != tasks) {
      return InvalidArgument("training: " + std::to_string(options.loss_factors.size()) +
                             " loss factors for " + std::to_string(tasks) + " tasks");
    }
    for (std::size_t j = 0; j < tasks; ++j) {
      const double factor = options.loss_factors.empty() ? 1 : options.loss_factors[j];
      factors.push_back(dataset.tasks[j].weight * factor);
    }
    if (options.training.class_weights) class_weights = InverseFrequencyWeights(dataset, train);
    net->to(options.compute.device);
    ArrangeWeights(*net);
    mixed = ComputeType(*net) == torch::kFloat32 && options.compute.precision != Precision::kFp32;
    format.type = mixed ? ShortType(options.compute.precision) : ComputeType(*net);
    format.layout = LayoutFor(format.type);
    format.input = net->input();
    prepared = true;
    return OkStatus();
  }

  std::vector<torch::Tensor> Forward(const Batch& batch) {
    // A single image has no batch statistics.
    net->EnterTraining(options.training.freeze_normalisation || batch.images.size(0) == 1);
    if (!mixed) return net->forward(batch.images);
    std::vector<torch::Tensor> outputs;
    {
      const AutocastGuard shorter(options.compute.device.type(), format.type);
      outputs = net->forward(batch.images);
    }
    // Losses are float32: a sum over a batch has more digits than bfloat16.
    for (torch::Tensor& output : outputs) output = output.to(torch::kFloat32);
    return outputs;
  }

  Status Backward(const torch::Tensor& loss) {
    const bool scaled = options.compute.precision == Precision::kFp16;
    (scaled ? loss * scaler.scale() : loss).backward();
    return OkStatus();
  }

  void StepOptimizer(double learning_rate) {
    if (options.compute.precision != Precision::kFp16) return optimizer->Step(learning_rate);
    const double scale = scaler.scale();
    const bool finite = optimizer->GradientsFinite();
    scaler.Observe(finite);
    if (finite) {
      optimizer->Step(learning_rate, 1 / scale);
    } else {
      optimizer->DropGradients();
    }
  }

  Status Step(const Batch& batch, double learning_rate, EpochResult& result) {
    Stopwatch watch;
    const std::vector<torch::Tensor> outputs = Forward(batch);
    result.times.forward += watch.Lap();
    CONSILIUM_ASSIGN_OR_RETURN(const torch::Tensor loss,
                               MaskedMultiTaskLoss(dataset.tasks, outputs, batch.targets, factors,
                                                   options.training.reduction, class_weights));
    if (!std::isfinite(loss.item<double>())) {
      return DataLoss("training: the loss is not finite; a lower learning rate may help");
    }
    Count(outputs, batch, result);
    result.times.loss += watch.Lap();
    CONSILIUM_RETURN_IF_ERROR(Backward(loss));
    result.times.backward += watch.Lap();
    StepOptimizer(learning_rate);
    result.times.optimizer += watch.Lap();
    return OkStatus();
  }

  void Count(const std::vector<torch::Tensor>& outputs, const Batch& batch, EpochResult& result) {
    const torch::NoGradGuard no_gradient;
    result.images += batch.images.size(0);
    for (std::size_t j = 0; j < outputs.size(); ++j) {
      const torch::Tensor losses = PerImageLoss(dataset.tasks[j], outputs[j], batch.targets[j]);
      result.tasks[j].n += batch.targets[j].present.sum().item<std::int64_t>();
      result.tasks[j].loss_sum += losses.sum(torch::kFloat64).item<double>();
    }
  }

  Result<EpochResult> RunEpoch(double learning_rate, std::uint64_t seed) {
    CONSILIUM_RETURN_IF_ERROR(Prepare());
    const ComputedParameters computed(*net, format.type);
    if (!optimizer) optimizer.emplace(computed.all(), OptimizerOptions(options.training));
    net->SeedDropout(StreamSeed(seed, {"dropout"}));
    EpochResult result;
    for (const TaskSpec& task : dataset.tasks) result.tasks.push_back(EmptyCounts(task));

    Indices order = train;
    if (!options.training.full_batch) {
      RandomStream(StreamSeed(seed, {"order"})).Shuffle(std::span(order));
    }
    std::vector<Augmentation> augmentations;
    if (options.training.augment) {
      RandomStream stream(StreamSeed(seed, {"augment"}));
      augmentations = DrawAugmentations(order.size(), stream);
    }
    const auto batches = Batches(order, options.training);
    const auto planned = static_cast<std::int64_t>(batches.size());
    BatchFeeder feeder(dataset, batches, std::move(augmentations),
                       {options.compute.threads, options.compute.device, format});
    for (std::int64_t step = 0; step < planned; ++step) {
      if (options.interrupt != nullptr && options.interrupt->Requested()) {
        return Cancelled("training: interrupted");
      }
      CONSILIUM_ASSIGN_OR_RETURN(const Batch batch, feeder.Next());
      CONSILIUM_RETURN_IF_ERROR(Step(batch, learning_rate, result));
      if (options.on_step) options.on_step(step + 1, planned);
    }
    result.times.data = feeder.seconds_assembling();
    result.times.waiting = feeder.seconds_waited();
    return result;
  }
};

Trainer::Trainer(MultiTaskNet net, const Dataset& dataset, Indices train, Options options)
    : impl_(std::make_unique<Impl>(std::move(net), dataset, train, std::move(options))) {}
Trainer::~Trainer() = default;

Result<EpochResult> Trainer::RunEpoch(double learning_rate, std::uint64_t seed) {
  return GuardTorch("training", [&] { return impl_->RunEpoch(learning_rate, seed); });
}

}  // namespace consilium
