#include "common/training/trainer.h"

#include "common/base/check.h"
#include "common/base/random_stream.h"
#include "common/data/batch.h"
#include "common/nn/compute.h"
#include "common/nn/torch_guard.h"
#include "common/training/batch_feeder.h"
#include "common/training/class_weights.h"
#include "common/training/computed_parameters.h"
#include "common/training/fused_optimizer.h"
#include "common/training/layer_rates.h"
#include "common/training/loss_scaler.h"
#include "common/training/memory_layout.h"
#include "common/training/network_step.h"
#include "common/training/recorded_backbone.h"
#include "common/training/stopwatch.h"
#include "common/training/trainer_state.h"

#include <torch/types.h>

#include <algorithm>
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
  bool prepared = false;
  StepSettings settings;
  BatchFormat format;                            // of the images
  std::unique_ptr<DataParallel> parallel;        // where there are further devices
  std::optional<FusedOptimizer> optimizer;       // made by the first epoch
  std::vector<FusedOptimizer::Memory> recalled;  // by Restore, until then
  LossScaler scaler;
  LayerRates rates;
  std::optional<AddedGradients> terms;
  std::optional<TaskWeighter> weighter;     // unless the weighting is fixed
  std::vector<OptimizedParameter> stepped;  // of this epoch

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
    settings.tasks = dataset.tasks;
    CONSILIUM_RETURN_IF_ERROR(PrepareWeighting());
    CONSILIUM_RETURN_IF_ERROR(CheckRecording());
    SetFactors();
    if (options.training.class_weights) {
      settings.class_weights = InverseFrequencyWeights(dataset, train);
    }
    settings.reduction = options.training.reduction;
    settings.exact_times = options.exact_times;
    settings.freeze_normalisation = options.training.freeze_normalisation;
    CONSILIUM_ASSIGN_OR_RETURN(rates, RatesOf(*net, options.training, options.frozen));
    settings.frozen = rates.frozen;
    net->to(options.compute.device);
    ArrangeWeights(*net);
    net->backbone().CheckpointActivations(options.compute.checkpoint_activations);
    const torch::ScalarType own = ComputeType(*net);
    settings.mixed = own == torch::kFloat32 && options.compute.precision != Precision::kFp32;
    settings.type = settings.mixed ? ShortType(options.compute.precision) : own;
    format = {settings.type, LayoutFor(settings.type), net->input()};
    CONSILIUM_RETURN_IF_ERROR(UseFurtherDevices());
    CONSILIUM_ASSIGN_OR_RETURN(terms, AddedGradients::Create(*net, options.terms));
    prepared = true;
    return OkStatus();
  }

  Status PrepareWeighting() {
    const TaskWeightingOptions& weighting = options.weighting;
    CONSILIUM_RETURN_IF_ERROR(ValidateTaskWeighting(weighting));
    if (weighting.kind == TaskWeighting::kFixed) return OkStatus();
    settings.gradient_norms = weighting.kind == TaskWeighting::kGradNorm;
    settings.task_losses = weighting.kind == TaskWeighting::kUncertainty;
    const bool by_steps = settings.gradient_norms || settings.task_losses;
    if (by_steps && !options.compute.further_devices.empty()) {
      return InvalidArgument("task-weighting: '" + std::string(ToString(weighting.kind)) +
                             "' needs the losses of whole batches, expected a single device");
    }
    if (settings.gradient_norms && options.compute.checkpoint_activations) {
      return InvalidArgument(
          "task-weighting: 'gradnorm' takes gradients of each task alone, expected no "
          "checkpoint-activations");
    }
    weighter.emplace(weighting, dataset.tasks);
    return OkStatus();
  }

  Status CheckRecording() const {
    const ComputeOptions& compute = options.compute;
    if (!compute.cuda_graphs) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(
        CheckGraphs(compute, options.make_recorder(compute.device) != nullptr));
    if (settings.gradient_norms) {
      return InvalidArgument(
          "cuda-graphs: task-weighting 'gradnorm' takes gradients of each task alone, expected "
          "another weighting");
    }
    return OkStatus();
  }

  void SetFactors() {
    const std::size_t tasks = dataset.tasks.size();
    settings.factors.resize(tasks);
    for (std::size_t j = 0; j < tasks; ++j) {
      const double factor = options.loss_factors.empty() ? 1 : options.loss_factors[j];
      const double learned = weighter ? weighter->weights()[j] : 1;
      settings.factors[j] = dataset.tasks[j].weight * factor * learned;
    }
  }

  void LearnFromEpoch(const EpochResult& result) {
    if (!weighter) return;
    std::vector<std::optional<double>> losses(result.tasks.size());
    for (std::size_t j = 0; j < losses.size(); ++j) {
      const TaskCounts& task = result.tasks[j];
      if (task.n > 0) losses[j] = task.loss_sum / static_cast<double>(task.n);
    }
    weighter->ObserveEpoch(losses);
    SetFactors();
  }

  Status UseFurtherDevices() {
    if (options.compute.further_devices.empty()) return OkStatus();
    std::vector<torch::Device> devices = options.compute.further_devices;
    devices.insert(devices.begin(), options.compute.device);
    // Further processors would share the threads of the first.
    const int share = options.compute.device.is_cpu() ? static_cast<int>(devices.size()) : 1;
    const int threads = std::max(1, options.compute.threads / share);
    CONSILIUM_ASSIGN_OR_RETURN(
        parallel, DataParallel::Create(net, std::move(devices), options.make_replica, threads));
    return OkStatus();
  }

  /// Of batches of the common size; before any feeding thread uses the device. Null where the
  /// epoch has none, and for backbones that cannot be recorded.
  std::unique_ptr<RecordedBackbone> Recorded(
      const std::vector<std::span<const std::int64_t>>& batches) {
    if (!options.compute.cuda_graphs || batches.empty()) return nullptr;
    const auto images = static_cast<std::int64_t>(batches.front().size());
    const std::int64_t side = dataset.images.size(-1);
    EnterStep(net, images, settings);
    const torch::Tensor like =
        torch::empty({images, 3, side, side},
                     torch::TensorOptions(options.compute.device).dtype(format.type))
            .contiguous(format.layout);
    return RecordedBackbone::Create(net, like,
                                    settings.mixed ? std::optional(settings.type) : std::nullopt,
                                    options.make_recorder(options.compute.device));
  }

  /// Whether it stepped.
  bool StepOptimizer(double learning_rate) {
    if (options.compute.precision != Precision::kFp16) {
      optimizer->Step(learning_rate);
      return true;
    }
    const double scale = scaler.scale();
    const bool finite = optimizer->GradientsFinite();
    scaler.Observe(finite);
    if (finite) {
      optimizer->Step(learning_rate, 1 / scale);
    } else {
      optimizer->DropGradients();
    }
    return finite;
  }

  Status Step(const Batch& batch, double learning_rate, EpochResult& result) {
    const double scale = options.compute.precision == Precision::kFp16 ? scaler.scale() : 1;
    CONSILIUM_ASSIGN_OR_RETURN(const StepOutcome outcome,
                               parallel ? parallel->ForwardBackward(batch, settings, scale)
                                        : ForwardBackward(net, batch, settings, scale));
    Stopwatch watch;
    terms->AddTo(stepped, scale);
    if (StepOptimizer(learning_rate)) ++result.steps;
    if (weighter && !outcome.signals.empty()) {
      weighter->ObserveStep(outcome.signals, learning_rate);
      SetFactors();
    }
    result.images += outcome.images;
    for (std::size_t j = 0; j < result.tasks.size(); ++j) {
      result.tasks[j].n += outcome.tasks[j].n;
      result.tasks[j].loss_sum += outcome.tasks[j].loss_sum;
    }
    result.times.forward += outcome.times.forward;
    result.times.loss += outcome.times.loss;
    result.times.backward += outcome.times.backward;
    if (settings.exact_times) WaitForDevice(options.compute.device);
    result.times.optimizer += watch.Lap();
    return OkStatus();
  }

  Result<EpochResult> RunEpoch(double learning_rate, std::uint64_t seed) {
    CONSILIUM_RETURN_IF_ERROR(Prepare());
    const ComputedParameters computed(*net, format.type);
    stepped = computed.all();
    for (std::size_t i = 0; i < stepped.size(); ++i) stepped[i].rate = rates.of_parameters[i];
    if (!optimizer) {
      optimizer.emplace(stepped, OptimizerOptions(options.training));
      if (!recalled.empty()) optimizer->Recall(recalled);
      recalled.clear();
    }
    net->SeedDropout(StreamSeed(seed, {"dropout"}));
    if (parallel) parallel->SeedDropout(StreamSeed(seed, {"dropout"}));
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
    const std::unique_ptr<RecordedBackbone> recorded = Recorded(batches);
    settings.recorded = recorded.get();
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
    LearnFromEpoch(result);
    result.times.data = feeder.seconds_assembling();
    result.times.waiting = feeder.seconds_waited();
    return result;
  }
};

Trainer::Trainer(MultiTaskNet net, const Dataset& dataset, const Indices& train, Options options)
    : impl_(std::make_unique<Impl>(std::move(net), dataset, train, std::move(options))) {}
Trainer::~Trainer() = default;

Result<EpochResult> Trainer::RunEpoch(double learning_rate, std::uint64_t seed) {
  return GuardTorch("training", [&] { return impl_->RunEpoch(learning_rate, seed); });
}

ParameterBlob Trainer::State() const {
  CONSILIUM_CHECK(impl_->optimizer.has_value() && !impl_->weighter.has_value());
  return PackTrainerMemory(*impl_->net, {impl_->optimizer->memory(), impl_->scaler});
}

Status Trainer::Restore(const ParameterBlob& state) {
  CONSILIUM_CHECK(!impl_->optimizer.has_value());
  CONSILIUM_ASSIGN_OR_RETURN(TrainerMemory memory, UnpackTrainerMemory(*impl_->net, state));
  impl_->recalled = std::move(memory.optimizer);
  impl_->scaler = memory.scaler;
  return OkStatus();
}

}  // namespace consilium
