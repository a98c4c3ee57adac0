#include "common/training/trainer.h"

#include "common/base/random_stream.h"
#include "common/data/batch.h"
#include "common/nn/torch_guard.h"
#include "common/training/class_weights.h"
#include "common/training/masked_loss.h"
#include "common/training/memory_layout.h"

#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace consilium {
namespace {

bool HasAnyLabel(const Sample& sample) {
  for (const std::vector<int>& label : sample.labels) {
    if (!label.empty()) return true;
  }
  return false;
}

/// First index of each batch and, at last, the number of images.
std::vector<std::size_t> BatchBounds(std::size_t images, const TrainingOptions& options) {
  const auto wanted = static_cast<std::size_t>(std::max(options.batch_size, 1));
  const std::size_t size = options.full_batch ? std::max<std::size_t>(images, 1) : wanted;
  std::vector<std::size_t> bounds;
  for (std::size_t first = 0; first < images; first += size) bounds.push_back(first);
  // Batch statistics need two images: a last one alone joins the batch before.
  if (bounds.size() > 1 && size > 1 && images - bounds.back() == 1) bounds.pop_back();
  bounds.push_back(images);
  return bounds;
}

std::unique_ptr<torch::optim::Optimizer> MakeOptimizer(std::vector<torch::Tensor> parameters,
                                                       const TrainingOptions& options) {
  if (options.optimizer == Optimizer::kSgd) {
    return std::make_unique<torch::optim::SGD>(std::move(parameters),
                                               torch::optim::SGDOptions(options.learning_rate)
                                                   .momentum(options.momentum)
                                                   .weight_decay(options.weight_decay));
  }
  return std::make_unique<torch::optim::Adam>(
      std::move(parameters),
      torch::optim::AdamOptions(options.learning_rate).weight_decay(options.weight_decay));
}

}  // namespace

struct Trainer::Impl {
  MultiTaskNet net;
  const Dataset& dataset;
  Indices train;  // images with a label
  Options options;
  std::vector<double> factors;
  std::vector<torch::Tensor> class_weights;
  std::unique_ptr<torch::optim::Optimizer> optimizer;  // made by the first epoch

  Impl(MultiTaskNet network, const Dataset& data, const Indices& indices, Options chosen)
      : net(std::move(network)), dataset(data), options(std::move(chosen)) {
    for (const std::int64_t index : indices) {
      if (HasAnyLabel(dataset.samples[index])) train.push_back(index);
    }
  }

  /// What the constructor may not do, because LibTorch may throw.
  Status Prepare() {
    if (optimizer != nullptr) return OkStatus();
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
    net->to(options.device);
    ArrangeWeights(*net);
    optimizer = MakeOptimizer(net->parameters(), options.training);
    return OkStatus();
  }

  void SetLearningRate(double learning_rate) {
    for (torch::optim::OptimizerParamGroup& group : optimizer->param_groups()) {
      group.options().set_lr(learning_rate);
    }
  }

  /// Undefined, not zero: an optimiser skips a parameter without gradient, so that a head without
  /// labels meets neither decay nor old moments.
  void ForgetGradients() {
    for (const torch::Tensor& parameter : net->parameters()) parameter.mutable_grad().reset();
  }

  Status Step(std::span<const std::int64_t> images, RandomStream* augment, EpochResult& result) {
    const Batch batch =
        MakeBatch(dataset, images, augment, options.device, ComputeType(*net), net->input());
    // A single image has no batch statistics.
    net->EnterTraining(options.training.freeze_normalisation || images.size() == 1);
    ForgetGradients();
    const std::vector<torch::Tensor> outputs = net->forward(Arranged(batch.images));
    CONSILIUM_ASSIGN_OR_RETURN(const torch::Tensor loss,
                               MaskedMultiTaskLoss(dataset.tasks, outputs, batch.targets, factors,
                                                   options.training.reduction, class_weights));
    if (!std::isfinite(loss.item<double>())) {
      return DataLoss("training: the loss is not finite; a lower learning rate may help");
    }
    loss.backward();
    optimizer->step();
    Count(outputs, batch, result);
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
    SetLearningRate(learning_rate);
    Indices order = train;
    if (!options.training.full_batch) {
      RandomStream(StreamSeed(seed, {"order"})).Shuffle(std::span(order));
    }
    RandomStream augment(StreamSeed(seed, {"augment"}));
    net->SeedDropout(StreamSeed(seed, {"dropout"}));
    EpochResult result;
    for (const TaskSpec& task : dataset.tasks) result.tasks.push_back(EmptyCounts(task));
    const std::vector<std::size_t> bounds = BatchBounds(order.size(), options.training);
    const auto planned = static_cast<std::int64_t>(bounds.size()) - 1;
    for (std::int64_t step = 0; step < planned; ++step) {
      if (options.interrupt != nullptr && options.interrupt->Requested()) {
        return Cancelled("training: interrupted");
      }
      CONSILIUM_RETURN_IF_ERROR(
          Step(std::span(order).subspan(bounds[step], bounds[step + 1] - bounds[step]),
               options.training.augment ? &augment : nullptr, result));
      if (options.on_step) options.on_step(step + 1, planned);
    }
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
